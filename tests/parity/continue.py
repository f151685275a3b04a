"""Five AdamW steps by engram and by peft, both going on from one adapter that peft wrote and trained before, live.

    .deps/peers/bin/python tests/parity/continue.py BUILD_FOLDER

Every variant of LoRA (rsLoRA, DoRA, patterns, biases), a prefix, a prefix that a network made, and a prompt. The batches
are the same, dropout is 0. Every tensor that trains has to agree within 1e-4 relative to its largest value after the
last step, and it has to have moved: both sides compute in fp32 and sum in different orders. Then peft loads what engram
went on from without moving it (rate 0), and finds its own tensors bit for bit. Versions: transformers 5.23.0, peft
0.21.2.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest.mock
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import load_file
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from common import ROOT, Encoded, Settings, read_table, train  # noqa: E402
from hf_trainer import quiet  # noqa: E402

MODEL = ROOT / "tests/golden/losses/model"
LABELS, ROWS, STEPS, BATCH, RATE, SEED, TOKENS = ["ebb", "flood", "slack"], 40, 5, 8, 5e-3, 13, 3
TOLERANCE = 1e-4
LORA = {"r": 4, "lora_alpha": 8, "lora_dropout": 0.0, "target_modules": ["query", "value"]}
# peft's configuration, and the strategy of the recipe.
METHODS = {
    "lora": (LoraConfig(task_type="SEQ_CLS", **LORA), '{ "lora", rank = 4, alpha = 8, dropout = 0 }'),
    "rslora": (LoraConfig(task_type="SEQ_CLS", **LORA, use_rslora=True, bias="lora_only"),
               '{ "lora", rank = 4, alpha = 8, dropout = 0, rslora = true, bias = "lora_only" }'),
    "dora": (LoraConfig(task_type="SEQ_CLS", **(LORA | {"target_modules": ["query", "output.dense"]}), use_dora=True,
                        rank_pattern={"query": 2}, alpha_pattern={"1.output.dense": 5}),
             '{ "lora", rank = 4, alpha = 8, dropout = 0, dora = true, targets = { "query", "output.dense" }, '
             'rank_pattern = { query = 2 }, alpha_pattern = { ["1.output.dense"] = 5 } }'),
    "all biases": (LoraConfig(task_type="SEQ_CLS", **(LORA | {"layers_to_transform": [1]}), bias="all"),
                   '{ "lora", rank = 4, alpha = 8, dropout = 0, layers = { 1 }, bias = "all" }'),
    "prefix": (PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=TOKENS), '{ "prefix_tuning", tokens = 3 }'),
    "prefix by a network": (PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=TOKENS, prefix_projection=True),
                            '{ "prefix_tuning", tokens = 3 }'),
    "prompt": (PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=TOKENS), '{ "prompt_tuning", tokens = 3 }'),
}
RECIPE = """
return {
  model = "%(model)s", adapter = "%(adapter)s",
  tasks = { tide = { kind = "classification", labels = { "ebb", "flood", "slack" } } },
  data = {
    train = { "rows.csv", text = "text", label = "label", task = "tide", use = "train" },
    new   = { "rows.csv", text = "text", label = "label", task = "tide", use = "evaluate" },
  },
  waive = { "original" },
  strategies = { %(strategy)s },
  train = { epochs = 1, batch_size = %(batch)d, learning_rate = %(rate)g, max_length = 24, threads = 1, dropout = 0,
            seed = %(seed)d, device = "cpu" },
  schedule = function(s) return %(factor)s end,
}
"""


def write_rows(file):
    generator = torch.Generator().manual_seed(3)
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        for _ in range(ROWS):
            length = torch.randint(3, 12, (1,), generator=generator).item()
            words = torch.randint(5, 96, (length,), generator=generator).tolist()
            writer.writerow([" ".join(f"w{word}" for word in words), LABELS[sum(words) % 3]])


def base_model():
    return BertForSequenceClassification.from_pretrained(MODEL)


def made_by_peft(config, data, folder):
    """An adapter that peft has trained for some steps at a high rate, as it saves it."""
    torch.manual_seed(29)
    model = get_peft_model(base_model(), config)
    train(model, data, Settings(learning_rate=2e-2, batch_size=BATCH, seed=1, max_steps=6))
    model.save_pretrained(folder)


def adapter_tensors(folder):
    """Of bias = "all" peft writes the head's biases once more, under the names of its wrapper."""
    tensors = load_file(folder / "adapter_model.safetensors")
    return {name: value for name, value in tensors.items() if ".original_module." not in name and ".modules_to_save." not in name}


def without_network(folder):
    """peft does not keep the network in its file: what it made trains on as it is."""
    config = folder / "adapter_config.json"
    keys = json.loads(config.read_text())
    if keys.get("prefix_projection"):
        config.write_text(json.dumps(keys | {"prefix_projection": False}, indent=2, sort_keys=True))


def constant_rate(model, data, settings):
    """common.train at one rate for all steps."""
    with unittest.mock.patch("common.linear_factor", lambda *_: 1.0):
        return train(model, data, settings)


def trainable(folder):
    """peft goes on from LoRA by itself. Virtual tokens it refuses to train on; here they are told to."""
    is_lora = json.loads((folder / "adapter_config.json").read_text())["peft_type"] == "LORA"
    model = PeftModel.from_pretrained(base_model(), folder, is_trainable=is_lora)
    if not is_lora:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith("prompt_encoder.") or ".modules_to_save." in name)
    return model


def gone_on_by_peft(folder, data):
    """The tensors of the adapter that peft writes after the steps."""
    model = trainable(folder)
    constant_rate(model, data, Settings(learning_rate=RATE, batch_size=BATCH, seed=SEED, max_steps=STEPS))
    model.save_pretrained(folder.parent / "by_peft")
    return adapter_tensors(folder.parent / "by_peft")


def run_engram(build, folder, strategy, factor, out):
    """A run that goes on from `folder`/adapter at so much of the rate; its own folder."""
    recipe = folder / f"{out}.lua"
    recipe.write_text(RECIPE % {"model": MODEL, "adapter": folder / "adapter", "strategy": strategy, "batch": BATCH,
                                "rate": RATE, "seed": SEED, "factor": factor})
    subprocess.run([build / "bin/engram", "run", recipe, "--out", folder / out, "--quiet"], check=True,
                   capture_output=True, env=dict(os.environ, ENGRAM_CACHE=str(folder / "cache")))
    return folder / out


def in_words_of_peft(state, tensors):
    """A training state's weights under the names of peft's file."""
    weights = {name.removeprefix("weights/"): value for name, value in state.items() if name.startswith("weights/")}
    if "prompt_embeddings" in tensors:
        parts = [value for name, value in sorted_by_site(weights)]
        renamed = {"prompt_embeddings": torch.cat(parts, dim=1)}
        head = "base_model.classifier."
    else:
        adapted = {name.removeprefix("lora.").split(".lora_")[0] for name in weights if name.startswith("lora.")}
        renamed = {f"base_model.model.bert.{name.removeprefix('lora.')}": value
                   for name, value in weights.items() if name.startswith("lora.")}
        for name, value in weights.items():
            site = name.removesuffix(".bias")
            if name.endswith(".bias") and not name.startswith(("heads.", "lora.")):
                inner = ".base_layer.bias" if site in adapted else ".bias"
                renamed[f"base_model.model.bert.{site}{inner}"] = value
        head = "base_model.model.classifier."
    return renamed | {head + part: weights[f"heads.tide.{part}"] for part in ("weight", "bias")}


def sorted_by_site(weights):
    """Keys before values, block after block; a prompt is one tensor."""
    own = [(name, value) for name, value in weights.items() if name.startswith(("prefix_tuning.", "prompt_tuning."))]
    return sorted(own)


def largest_difference(ours, theirs):
    """Relative to the largest value of each tensor. A key's bias shifts all scores of a query alike, so its gradient is
    rounding alone, which AdamW blows up to steps of its own: the two sides cannot agree on it."""
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    return max(((ours[name] - theirs[name]).abs().max() / theirs[name].abs().max()).item()
               for name in theirs if not name.endswith(".key.bias"))


def compare(build, method, data, folder):
    """Whether both sides agree; prints the figures."""
    config, strategy = METHODS[method]
    made_by_peft(config, data, folder / "adapter")
    without_network(folder / "adapter")
    start = adapter_tensors(folder / "adapter")
    theirs = gone_on_by_peft(folder / "adapter", data)
    run = run_engram(build, folder, strategy, 1, "moved")
    state = load_file(run / f"checkpoints/step-{STEPS:06d}/training_state.safetensors")
    difference = largest_difference(in_words_of_peft(state, theirs), theirs)
    moved = min((theirs[name] - start[name]).abs().max().item() for name in theirs if not name.endswith(".key.bias"))
    still = run_engram(build, folder, strategy, 0, "still") / "checkpoints/best"
    PeftModel.from_pretrained(base_model(), still)
    kept = adapter_tensors(still)
    equal = set(kept) == set(start) and all(torch.equal(kept[name], start[name]) for name in start)
    ok = difference <= TOLERANCE and moved > RATE and equal
    print(f"{method:20} {STEPS} steps {difference:.2e} (limit {TOLERANCE:.0e}), least movement {moved:.1e}, "
          f"at rate 0 {'bit for bit' if equal else 'CHANGED'}  {'ok' if ok else 'TOO FAR'}")
    return ok


def main(build):
    quiet()
    torch.set_num_threads(1)
    build = Path(build).resolve()
    agree = []
    for method in METHODS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_rows(folder / "rows.csv")
            tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(MODEL / "tokenizer.json"), pad_token="[PAD]")
            data = Encoded(read_table(folder / "rows.csv"), LABELS, tokenizer, 24)
            agree.append(compare(build, method, data, folder))
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Twenty training steps of MiniLM by engram, against transformers (full fine-tuning) and peft (LoRA, rsLoRA, DoRA,
prefix and prompt tuning), live.

    .deps/peers/bin/python tests/parity/train.py BUILD_FOLDER [OUTPUT_FOLDER]

Both sides start from the same weights and see the same batches, dropout is 0. The loss of every step has to agree within
1e-4 relative: both sides compute in fp32 and sum in different orders. The peer's losses come from a hand-written loop
that the real Hugging Face Trainer has to repeat within 1e-6. Then what engram saved is loaded back by transformers and
peft, whose logits have to equal engram's within 2e-5. Versions: transformers 5.23.0, peft 0.21.2.
"""

import copy
import csv
import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model  # noqa: E402
from transformers import AutoTokenizer, BertForSequenceClassification  # noqa: E402

from common import MINILM, ROOT, Encoded, Settings, read_table, train  # noqa: E402
from hf_trainer import quiet, train_with_trainer  # noqa: E402

LOSS_TOLERANCE, TRAINER_TOLERANCE, LOGIT_TOLERANCE = 1e-4, 1e-6, 2e-5
ROWS, MAX_LENGTH, RANK, ALPHA, TOKENS = 152, 48, 8, 32, 6  # 152 rows: the last batch of an epoch is smaller
RATES = {"full": 2e-4, "lora": 5e-3, "rslora": 5e-3, "dora": 5e-3, "prefix": 3e-2, "prompt": 1e-1}
SETTINGS = {method: Settings(learning_rate=rate, epochs=2, batch_size=16, warmup=0.1, weight_decay=0.01, seed=7)
            for method, rate in RATES.items()}
PROMPT_TEXT = "what tone has this message"
# LoRA's variants in the words of engram's recipe and in peft's.
LORA = {"rank": RANK, "alpha": ALPHA, "dropout": 0}, {"r": RANK, "lora_alpha": ALPHA, "lora_dropout": 0.0}
VARIANTS = {
    "lora": ({}, {"target_modules": ["query", "value"]}),
    "rslora": ({"rslora": True, "alpha": 8, "bias": "lora_only"},
               {"use_rslora": True, "lora_alpha": 8, "bias": "lora_only", "target_modules": ["query", "value"]}),
    "dora": ({"dora": True, "targets": ["query", "value", "output.dense"], "exclude": ["0.attention.output.dense"],
              "rank_pattern": {"value": 4}, "alpha_pattern": {"self.query": 16}},
             {"use_dora": True, "target_modules": ["query", "value", "output.dense"],
              "exclude_modules": ["0.attention.output.dense"], "rank_pattern": {"value": 4},
              "alpha_pattern": {"self.query": 16}}),
}
STRATEGIES = {
    "full": (None, {}),
    **{method: ("lora", LORA[0] | ours) for method, (ours, _) in VARIANTS.items()},
    "prefix": ("prefix_tuning", {"tokens": TOKENS}),
    "prompt": ("prompt_tuning", {"tokens": TOKENS, "init": "text", "init_text": PROMPT_TEXT}),
}


def write_data(file):
    rows = read_table(ROOT / "examples/data/tones_train.jsonl", "message", "tone")
    with open(file, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["text", "label"])
        writer.writerows(list(zip(rows.texts, rows.labels))[:ROWS])


def write_model(folder, labels):
    """MiniLM with a seeded head of four labels, and no dropout, as a folder that both sides start from."""
    torch.manual_seed(3)
    names = dict(enumerate(labels))
    model = BertForSequenceClassification.from_pretrained(
        MINILM, num_labels=len(names), id2label=names, label2id={name: i for i, name in names.items()},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(MINILM).save_pretrained(folder)


def run_engram(build, out, method, settings):
    """Lets engram train; its files lie in `out` afterwards."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "settings.json"
    strategy, options = STRATEGIES[method]
    values = vars(settings) | {
        "strategy": strategy, "options": options, "model": str(out.parent / "model"),
        "data": str(out.parent / "train.csv"), "text": "text", "label": "label", "max_length": MAX_LENGTH,
        "plugins": str(build / "lib/engram/plugins"),
    }
    file.write_text(json.dumps(values, indent=1))
    subprocess.run([build / "bin/parity_train", file, out], check=True)
    return json.loads((out / "losses.json").read_text())["losses"]


def with_lora(model, method, initial_file):
    """peft's LoRA, starting from the tensors that engram drew."""
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", **(LORA[1] | VARIANTS[method][1])))
    parameters = dict(adapted.named_parameters())
    initial = load_file(initial_file)
    assert len(initial) == sum("lora_" in name for name in parameters)
    with torch.no_grad():
        for name, value in initial.items():
            site = name.removeprefix("lora.").removesuffix(".weight")
            parameters[f"base_model.model.bert.{site}.default.weight"].copy_(value)
    return adapted


def with_prompt(model, folder, initial_file):
    """peft's prompt tuning, which has to start from the same word embeddings of the text by itself."""
    config = PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=TOKENS, prompt_tuning_init="TEXT",
                                prompt_tuning_init_text=PROMPT_TEXT, tokenizer_name_or_path=str(folder))
    adapted = get_peft_model(model, config)
    assert torch.equal(adapted.prompt_encoder["default"].embedding.weight, load_file(initial_file)["prompt_tuning.prompt"])
    return adapted


def with_prefix(model, initial_file):
    """peft's prefix tuning, starting from the keys and values that engram drew."""
    initial = load_file(initial_file)
    parts = [initial[f"prefix_tuning.encoder.layer.{layer}.attention.prefix_{part}"]
             for layer in range(model.config.num_hidden_layers) for part in ("keys", "values")]
    assert len(parts) == len(initial)
    adapted = get_peft_model(model, PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=TOKENS))
    with torch.no_grad():
        adapted.prompt_encoder["default"].embedding.weight.copy_(torch.cat(parts, dim=1))
    return adapted


def peers_start(folder, out, method):
    """The model that the peer trains, from engram's own first values."""
    model, initial = BertForSequenceClassification.from_pretrained(folder / "model"), out / "initial.safetensors"
    if method in VARIANTS:
        return with_lora(model, method, initial)
    if method == "prefix":
        return with_prefix(model, initial)
    return with_prompt(model, folder / "model", initial) if method == "prompt" else model


def largest_relative_difference(ours, theirs):
    assert len(ours) == len(theirs), f"{len(ours)} steps against {len(theirs)}"
    return max(abs(a - b) / abs(b) for a, b in zip(ours, theirs))


@torch.no_grad()
def logit_difference(model, data, expected):
    model.eval()
    batch = data.batch(list(range(len(expected))))
    batch.pop("labels")
    return (model(**batch).logits - expected).abs().max().item()


def saved_folders(out, method, data):
    """(what, largest logit difference) of each folder that engram saved, loaded back by the Python libraries."""
    expected = load_file(out / "logits.safetensors")["logits"]
    if method == "full" or method in VARIANTS:
        trained = BertForSequenceClassification.from_pretrained(out / "trained")
        yield "transformers loads trained/", logit_difference(trained, data, expected)
    if method != "full":
        base = BertForSequenceClassification.from_pretrained(out.parent / "model")
        adapted = PeftModel.from_pretrained(base, out / "adapter")
        yield "peft loads adapter/", logit_difference(adapted, data, expected)


def compare(build, folder, method, data):
    """Whether everything of one method agrees; prints each figure."""
    settings, out = SETTINGS[method], folder / method
    engram_losses = run_engram(build, out, method, settings)
    model = peers_start(folder, out, method)
    trainer_losses = train_with_trainer(copy.deepcopy(model), data, settings)
    losses = train(model, data, settings)
    assert min(losses) < 0.9 * losses[0], f"too little is learnt to compare anything: {losses}"
    figures = [
        ("loop against the Hugging Face Trainer", largest_relative_difference(losses, trainer_losses),
         TRAINER_TOLERANCE),
        (f"engram against the loop, {len(losses)} steps", largest_relative_difference(engram_losses, losses),
         LOSS_TOLERANCE),
        *((what, value, LOGIT_TOLERANCE) for what, value in saved_folders(out, method, data)),
    ]
    for what, value, limit in figures:
        print(f"{method:6} {what:45} {value:.2e}  (limit {limit:.0e})  {'ok' if value <= limit else 'TOO FAR'}")
    return all(value <= limit for _, value, limit in figures)


def main(build, folder=None):
    quiet()
    build = Path(build).resolve()
    folder = Path(folder).resolve() if folder else build / "parity/train"
    (folder / "model").mkdir(parents=True, exist_ok=True)
    write_data(folder / "train.csv")
    rows = read_table(folder / "train.csv")
    labels = sorted(set(rows.labels))
    write_model(folder / "model", labels)
    data = Encoded(rows, labels, AutoTokenizer.from_pretrained(folder / "model"), MAX_LENGTH)
    agree = [compare(build, folder, method, data) for method in SETTINGS]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

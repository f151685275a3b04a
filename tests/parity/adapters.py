"""Adapters go both ways between engram and peft, live: python adapters.py BUILD_FOLDER

For every kind of adapter on BERTs of several shapes and on MiniLM: what peft wrote gives peft's logits in engram; what
engram writes peft loads without a warning, with the same tensors bit for bit; what peft saves of that engram reads again
as it was. The same of what engram itself trained. Logits agree within 2e-5: both sides compute in fp32 and sum in
different orders. Then what peft accepts in silence, or answers with a bare KeyError, beside engram's refusal of the
same files. Versions: transformers 5.23.0, peft 0.21.2.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import torch
import transformers
from peft import (LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model,
                  get_peft_model_state_dict)
from safetensors.torch import save_file
from transformers import BertForSequenceClassification

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
from adapters import (ROOT, Engram, config, loaded, minilm, move, peer_logits, request_for, save_base,  # noqa: E402
                      tensors, tiny)

TOLERANCE = 2e-5
HEAD = {"task_type": "SEQ_CLS"}
TWO = {"target_modules": ["query", "value"]}
KINDS = {
    "lora": lambda: LoraConfig(**HEAD, r=4, lora_alpha=6),
    "rslora, biases of targets": lambda: LoraConfig(**HEAD, **TWO, r=4, lora_alpha=6, use_rslora=True, bias="lora_only"),
    "patterns": lambda: LoraConfig(**HEAD, **TWO, r=4, lora_alpha=6, rank_pattern={"0.attention.self.query": 2},
                                   alpha_pattern={"value": 3}),
    "all-linear, all biases": lambda: LoraConfig(**HEAD, r=2, target_modules="all-linear", bias="all"),
    "expression": lambda: LoraConfig(**HEAD, r=2, target_modules=r".*\.0\..*(key|dense)"),
    "layers, pooler saved": lambda: LoraConfig(**HEAD, r=2, target_modules=["dense"], exclude_modules=["output.dense"],
                                               layers_to_transform=[0], modules_to_save=["pooler"]),
    "features, no head": lambda: LoraConfig(task_type="FEATURE_EXTRACTION", r=2, target_modules=["query", "dense"]),
    "dora": lambda: LoraConfig(**HEAD, **TWO, r=4, use_dora=True),
    "dora, rslora, patterns, biases": lambda: LoraConfig(
        **HEAD, target_modules=["query", "output.dense"], r=4, use_dora=True, use_rslora=True, bias="lora_only",
        rank_pattern={"query": 3}),
    "prefix": lambda: PrefixTuningConfig(**HEAD, num_virtual_tokens=5),
    "prefix, network": lambda: PrefixTuningConfig(**HEAD, num_virtual_tokens=5, prefix_projection=True,
                                                  encoder_hidden_size=7),
    "prompt": lambda: PromptTuningConfig(**HEAD, num_virtual_tokens=6),
}
BASES = {
    "two layers": lambda: tiny(1),
    "seven layers, two heads": lambda: tiny(2, num_hidden_layers=7, hidden_size=24, num_attention_heads=2),
    "one head, gelu_new": lambda: tiny(3, num_attention_heads=1, hidden_act="gelu_new", layer_norm_eps=1e-5),
    "wide, relu, five labels": lambda: tiny(4, hidden_size=64, intermediate_size=200, hidden_act="relu", num_labels=5),
    "MiniLM": minilm,
}
# What engram trains itself, with the words of its recipes.
TRAINED = {
    "lora": ("lora", {"rank": 4}),
    "lora, rslora, all biases": ("lora", {"rank": 4, "rslora": True, "bias": "all"}),
    "lora, all-linear, patterns": ("lora", {"rank": 4, "targets": "all-linear", "rank_pattern": {"query": 2}}),
    "dora": ("lora", {"rank": 4, "dora": True, "bias": "lora_only"}),
    "prefix": ("prefix_tuning", {"tokens": 4}),
    "prefix, network": ("prefix_tuning", {"tokens": 4, "mlp": True, "mlp_hidden": 6}),
    "prompt": ("prompt_tuning", {"tokens": 4}),
}


class Report:
    good, largest = True, 0.0

    def check(self, name, fits, figure=""):
        self.good &= bool(fits)
        print(f"{name:88s} {figure:>10s} {'ok' if fits else 'WRONG'}", flush=True)

    def logits(self, name, ours, theirs):
        difference = (ours - theirs).abs().max().item()
        self.largest = max(self.largest, difference)
        self.check(name, difference <= TOLERANCE, f"{difference:.1e}")


def same_tensors(ours, theirs):
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


def without_copies(stored):
    """peft writes the biases of both copies of a saved module beside it under bias "all"."""
    return {key: value for key, value in stored.items() if "original_module" not in key and "modules_to_save" not in key}


def adapted(base_folder, make):
    """peft's model with an adapter away from its start, and the one whose logits count: a trunk lies under its head."""
    base, kind = BertForSequenceClassification.from_pretrained(base_folder), make()
    if kind.task_type == "FEATURE_EXTRACTION":
        model = base.bert = get_peft_model(base.bert, kind)
    else:
        model = base = get_peft_model(base, kind)
    move(model)
    return model, base


def peft_loads(report, name, base, folder, request, expected):
    """peft's model of an adapter that engram wrote; None for one of a trunk, which peft loads without the head."""
    if config(folder)["task_type"] == "FEATURE_EXTRACTION":
        whole = BertForSequenceClassification.from_pretrained(base)
        model = whole.bert = PeftModel.from_pretrained(whole.bert, folder)
        said = []
    else:
        model, said = loaded(base, folder)
        whole = model
    report.check(f"{name}: peft loads it without a warning", not said, str(len(said)))
    report.logits(f"{name}: logits in peft of what engram wrote", peer_logits(whole, request), expected)
    return model


def check_kind(report, engram, name, base, make, scratch):
    """peft -> engram -> peft -> engram."""
    torch.manual_seed(len(name))
    model, whole = adapted(base, make)
    model.save_pretrained(scratch / "peft")
    request = request_for(model.config if hasattr(model.config, "vocab_size") else whole.config)
    expected = peer_logits(whole, request)
    ours = engram.logits(base, scratch / "peft", request)
    report.logits(f"{name}: logits in engram of what peft wrote", ours, expected)
    engram.resave(base, scratch / "peft", scratch / "engram")
    before = without_copies(tensors(scratch / "peft"))
    report.check(f"{name}: tensors bit-equal in engram's file", same_tensors(tensors(scratch / "engram"), before))
    report.check(f"{name}: the config has peft's keys", list(config(scratch / "engram")) == list(config(scratch / "peft")))
    again = peft_loads(report, name, base, scratch / "engram", request, expected)
    in_peft = {key: value for key, value in without_copies(get_peft_model_state_dict(again)).items()}
    report.check(f"{name}: tensors bit-equal in peft", same_tensors(in_peft, before))
    again.save_pretrained(scratch / "again")
    engram.resave(base, scratch / "again", scratch / "last")
    report.check(f"{name}: tensors bit-equal after peft -> engram -> peft -> engram",
                 same_tensors(tensors(scratch / "last"), before))
    report.check(f"{name}: logits bit-equal after them",
                 torch.equal(engram.logits(base, scratch / "last", request), ours))


def train(build, base, strategy, options, out):
    """Lets engram train a few steps; the adapter lies in out/adapter."""
    labels = list(json.loads((base / "config.json").read_text())["id2label"].values())
    with open(out / "rows.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([f"the {word} wind {number}", labels[number % len(labels)]]
                       for number, word in enumerate(["calm", "cold", "loud", "soft"] * 6))
    settings = {"strategy": strategy, "options": options, "model": str(base), "data": str(out / "rows.csv"),
                "text": "text", "label": "label", "max_length": 12, "epochs": 1, "batch_size": 8, "learning_rate": 0.02,
                "weight_decay": 0.0, "clip": 1.0, "seed": 3, "warmup": 0.0, "plugins": str(build / "lib/engram/plugins")}
    (out / "settings.json").write_text(json.dumps(settings))
    subprocess.run([build / "bin/parity_train", out / "settings.json", out], check=True)
    return out / "adapter"


def check_trained(report, engram, build, name, what, scratch):
    """engram -> peft -> engram, of what a training left."""
    base = ROOT / "tests/golden/losses/model"
    written = train(build, base, *what, scratch)
    request = request_for(transformers.BertConfig.from_pretrained(base))
    request = {key: [row[:20] for row in rows] for key, rows in request.items()}
    ours = engram.logits(base, written, request)
    model = peft_loads(report, f"trained {name}", base, written, request, ours)
    held = get_peft_model_state_dict(model)
    report.check(f"trained {name}: tensors bit-equal in peft", same_tensors(without_copies(held), tensors(written)))
    model.save_pretrained(scratch / "peft")
    engram.resave(base, scratch / "peft", scratch / "back")
    report.check(f"trained {name}: tensors bit-equal after engram -> peft -> engram",
                 same_tensors(tensors(scratch / "back"), tensors(written)))
    report.check(f"trained {name}: logits bit-equal after them",
                 torch.equal(engram.logits(base, scratch / "back", request), ours))


def what_peft_does(action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            action()
        except Exception as error:  # noqa: BLE001
            return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    mentioned = [str(entry.message) for entry in caught if "missing" in str(entry.message).lower()]
    return f"warning: {mentioned[0]}" if mentioned else "silence"


def changed(folder, out, config_changes=None, drop=(), add=None):
    """A copy of an adapter with its config or its tensors changed."""
    out.mkdir()
    stored = {key: value for key, value in tensors(folder).items() if not any(part in key for part in drop)}
    save_file(stored | (add or {}), out / "adapter_model.safetensors", metadata={"format": "pt"})
    (out / "adapter_config.json").write_text(json.dumps(config(folder) | (config_changes or {})))
    return out


def check_acceptances(report, engram, scratch):
    """Section by section what peft takes, and what engram says to the very same files."""
    base = save_base(tiny(7), scratch / "base")
    fresh = lambda: BertForSequenceClassification.from_pretrained(base)

    def row(number, what, peft, adapter, expected_of_peft, *parts):
        refusal = engram.refusal(base, adapter)
        said = all(part in refusal for part in parts)
        report.check(f"{number:2d} {what}: peft: {peft[:40]}", expected_of_peft in peft and said, "")
        print(f"      engram: {refusal.splitlines()[0].split('cannot be used: ')[-1] if refusal else 'ACCEPTED'}")

    def made(number, what, expected, *parts, **settings):
        out = scratch / f"made{number}"
        peft = what_peft_does(lambda: get_peft_model(fresh(), LoraConfig(**HEAD | settings)).save_pretrained(out))
        row(number, what, peft, out, expected, *parts)

    made(1, "a misspelt target", "silence", "'vlaue' of target_modules matches no linear site", "query 2",
         target_modules=["query", "vlaue"])
    made(2, "a layer out of range", "silence", "layers_to_transform has the layer 9 (allowed: 0 to 1",
         target_modules=["query"], layers_to_transform=[0, 9])
    made(3, "a typo in modules_to_save", "silence", "'poolr' of modules_to_save", "did you mean 'pooler'?",
         target_modules=["query"], modules_to_save=["poolr"])
    made(4, "a rank above the matrix", "silence", "is 33 (allowed: 1 to 32", target_modules=["query"], r=33)
    made(5, "alpha 0", "silence", "is 0, so that the adapter would do nothing", target_modules=["query"], lora_alpha=0)

    lora, prompt = scratch / "lora", scratch / "prompt"
    get_peft_model(fresh(), LoraConfig(**HEAD, **TWO)).save_pretrained(lora)
    get_peft_model(fresh(), PromptTuningConfig(**HEAD, num_virtual_tokens=3)).save_pretrained(prompt)

    def file(number, what, source, expected, *parts, **changes):
        out = changed(source, scratch / f"file{number}", **changes)
        row(number, what, what_peft_does(lambda: PeftModel.from_pretrained(fresh(), out)), out, expected, *parts)

    file(6, "extra tensors", lora, "silence", "the tensor 'base_model.model.bert.extra' is unexpected",
         add={"base_model.model.bert.extra": torch.ones(1)})
    file(7, "lora_A missing", lora, "warning", "0.attention.self.query.lora_A.weight' is missing",
         drop=["layer.0.attention.self.query.lora_A"])
    file(8, "classifier missing", lora, "KeyError", "the tensor 'base_model.model.classifier.weight' is missing",
         "the tensor 'base_model.model.classifier.bias' is missing", drop=["classifier"])
    file(9, "prompt_embeddings missing", prompt, "KeyError", "the tensor 'prompt_embeddings' is missing",
         drop=["prompt_embeddings"])
    file(10, "every target misspelt", lora, "excluded", "'qeury' of target_modules matches no linear site",
         "did you mean 'query'?", config_changes={"target_modules": ["qeury", "vlaue"]})


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    build = pathlib.Path(sys.argv[1]).resolve()
    engram, report = Engram(build), Report()
    for base_name, make_base in BASES.items():
        with tempfile.TemporaryDirectory() as scratch:
            model = make_base()
            if model is None:
                print(f"{base_name}: skipped, it is not unpacked")
                continue
            base = save_base(model, pathlib.Path(scratch) / "base")
            for kind, make in KINDS.items():
                with tempfile.TemporaryDirectory() as folder:
                    check_kind(report, engram, f"{base_name}, {kind}", base, make, pathlib.Path(folder))
    for name, what in TRAINED.items():
        with tempfile.TemporaryDirectory() as scratch:
            check_trained(report, engram, build, name, what, pathlib.Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        check_acceptances(report, engram, pathlib.Path(scratch))
    print(f"largest logit difference: {report.largest:.1e} (at most {TOLERANCE:.0e})")
    sys.exit(0 if report.good else 1)


if __name__ == "__main__":
    main()

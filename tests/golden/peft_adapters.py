"""Writes tests/golden/peft_adapters: adapters as peft saves them, and the logits of the model with each.

    .deps/peers/bin/python tests/golden/peft_adapters.py

The base is the tiny BERT of tests/golden/losses, the adapters are moved away from their start. Each folder holds what
peft wrote, byte for byte but for the base's place, with the logits of the first examples in logits.json. Versions:
transformers 5.23.0, peft 0.21.2.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parent))
from losses import FOLDER, Examples  # noqa: E402

OUT = Path(__file__).resolve().parent / "peft_adapters"
ROWS = 8
HEAD = {"task_type": "SEQ_CLS"}
TRUNK = {"task_type": "FEATURE_EXTRACTION"}
ADAPTERS = {
    "dora": LoraConfig(
        **HEAD, r=4, lora_alpha=6, lora_dropout=0.1, target_modules=["query", "value", "output.dense"],
        exclude_modules=["1.attention.output.dense"], layers_to_transform=[0, 1], bias="lora_only", use_rslora=True,
        use_dora=True, rank_pattern={"value": 2, "1.output.dense": 3}, alpha_pattern={"0.attention.self.query": 5}),
    "all_linear": LoraConfig(**HEAD, r=2, lora_alpha=3, target_modules="all-linear", bias="all"),
    "expression": LoraConfig(**HEAD, r=3, target_modules=r".*layer\.1\..*(key|intermediate\.dense)",
                             init_lora_weights="gaussian"),
    "layers": LoraConfig(**HEAD, r=2, target_modules=["key", "dense"], layers_to_transform=1, layers_pattern="layer",
                         modules_to_save=["pooler"]),
    "features": LoraConfig(**TRUNK, r=2, lora_alpha=5, target_modules=["query", "pooler.dense"]),
    "no_task": LoraConfig(r=2, lora_alpha=5, target_modules=["query"]),
    "half": LoraConfig(**HEAD, r=2, lora_alpha=5, target_modules=["value"]),
    "prefix": PrefixTuningConfig(**HEAD, num_virtual_tokens=3),
    "prefix_network": PrefixTuningConfig(**HEAD, num_virtual_tokens=2, prefix_projection=True, encoder_hidden_size=5),
    "prefix_features": PrefixTuningConfig(**TRUNK, num_virtual_tokens=2),
    "prompt": PromptTuningConfig(**HEAD, num_virtual_tokens=4),
}


def adapted(name, config):
    """The model with the adapter, and the one whose logits are looked at: an adapted trunk lies below the base's head."""
    base = BertForSequenceClassification.from_pretrained(FOLDER / "model")
    if name == "half":
        base = base.to(torch.bfloat16)
    if config.task_type != "FEATURE_EXTRACTION":
        model = get_peft_model(base, config)
        return model, model
    model = get_peft_model(base.bert, config)
    base.bert = model
    return model, base


@torch.no_grad()
def move(model):
    for parameter in model.parameters():
        if parameter.requires_grad:
            noise = torch.randn_like(parameter), torch.randn_like(parameter)
            parameter.mul_(1 + 0.3 * noise[0]).add_(0.05 * noise[1])


def tidy(folder):
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "tests/golden/losses/model"
    for key in ("target_modules", "exclude_modules"):  # sets to peft, whose order differs from run to run
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    batch = Examples(torch.Generator().manual_seed(11)).batch(range(ROWS))
    batch.pop("labels")
    for seed, (name, config) in enumerate(ADAPTERS.items()):
        torch.manual_seed(29 + seed)
        model, whole = adapted(name, config)
        move(model)
        model.save_pretrained(OUT / name)
        tidy(OUT / name)
        if name == "half":  # trained on a base in bf16, used on one in fp32
            base = BertForSequenceClassification.from_pretrained(FOLDER / "model", dtype=torch.float32)
            whole = PeftModel.from_pretrained(base, OUT / name)
        with torch.no_grad():
            logits = whole.eval()(**batch).logits
        (OUT / name / "logits.json").write_text(json.dumps(logits.tolist()) + "\n")


if __name__ == "__main__":
    main()

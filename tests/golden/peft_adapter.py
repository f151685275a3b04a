"""Writes tests/golden/peft_adapter: an adapter as peft saves it, and the logits of the model with it.

    .deps/peers/bin/python tests/golden/peft_adapter.py

The tiny BERT of tests/golden/losses carries DoRA with rsLoRA's scale, ranks and alphas by pattern and trained biases, all
of it moved away from its start. logits.json holds the logits of that model for the first examples.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parent))
from losses import FOLDER, Examples  # noqa: E402

OUT = Path(__file__).resolve().parent / "peft_adapter"
ROWS = 8
CONFIG = {
    "r": 4, "lora_alpha": 6, "lora_dropout": 0.1, "target_modules": ["query", "value", "output.dense"],
    "exclude_modules": ["1.attention.output.dense"], "layers_to_transform": [0, 1], "bias": "lora_only",
    "use_rslora": True, "use_dora": True, "rank_pattern": {"value": 2, "1.output.dense": 3},
    "alpha_pattern": {"0.attention.self.query": 5},
}


def main():
    torch.manual_seed(29)
    base = BertForSequenceClassification.from_pretrained(FOLDER / "model")
    model = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", **CONFIG)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.mul_(1 + 0.3 * torch.randn_like(parameter)).add_(0.05 * torch.randn_like(parameter))
        batch = Examples(torch.Generator().manual_seed(11)).batch(range(ROWS))
        logits = model(**batch).logits
    model.save_pretrained(OUT)
    (OUT / "README.md").unlink(missing_ok=True)
    config = json.loads((OUT / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "tests/golden/losses/model"
    config["target_modules"] = sorted(config["target_modules"])
    config["exclude_modules"] = sorted(config["exclude_modules"])
    (OUT / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))
    (OUT / "logits.json").write_text(json.dumps(logits.tolist()) + "\n")


if __name__ == "__main__":
    main()

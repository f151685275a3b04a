"""Writes tests/golden/losses/virtual_tokens.json: twenty training steps of the tiny BERT of losses.py under peft's
prefix tuning, without and with its network, and prompt tuning.

    .deps/peers/bin/python tests/golden/virtual_token_losses.py

Each method has its settings, peft's first values (METHOD_initial.safetensors, under the names of peft's modules), and
the rate, gradient norm and loss of each step. Versions: transformers 5.23.0, peft 0.21.2.
"""

import json
import re

import torch
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model
from safetensors.torch import save_file
from transformers import BertForSequenceClassification

from losses import FOLDER, Examples, Settings, checked, quiet

COMMON = {"epochs": 4, "batch_size": 8, "warmup": 0.2, "weight_decay": 0.01, "seed": 17, "max_steps": 20}
METHODS = {
    "prefix": (Settings(learning_rate=1e-1, **COMMON), PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=4)),
    "prefix_mlp": (Settings(learning_rate=3e-2, **COMMON),
                   PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=4, prefix_projection=True,
                                      encoder_hidden_size=16)),
    "prompt": (Settings(learning_rate=1e-1, **COMMON), PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=5)),
}


def trajectory(name, data):
    settings, config = METHODS[name]
    torch.manual_seed(31)
    base = BertForSequenceClassification.from_pretrained(FOLDER / "model")
    model = get_peft_model(base, config)
    initial = {key: value.detach().clone() for key, value in model.prompt_encoder["default"].state_dict().items()}
    save_file(initial, FOLDER / f"{name}_initial.safetensors", {"format": "pt"})
    record = checked(model, data, settings)
    record.pop("final_logits_of_first_batch")
    return {"settings": vars(settings), "tokens": config.num_virtual_tokens} | record


def main():
    quiet()
    torch.set_num_threads(1)
    data = Examples(torch.Generator().manual_seed(11))
    golden = {name: trajectory(name, data) for name in METHODS}
    text = re.sub(r"\[[^\[\]{}]*\]", lambda numbers: " ".join(numbers.group().split()), json.dumps(golden, indent=1))
    (FOLDER / "virtual_tokens.json").write_text(text + "\n")
    for name, record in golden.items():
        print(name, [round(loss, 4) for loss in record["losses"]])


if __name__ == "__main__":
    main()

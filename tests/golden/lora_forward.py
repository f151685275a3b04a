"""Writes lora_forward.json: PEFT's LoRA on one 8 x 8 projection. Run with the peers' Python; needs torch and peft."""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model

RANK, ALPHA = 4, 32


def dump(tensor):
    values = [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]
    return {"shape": list(tensor.shape), "values": values}


class Projection(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.query = torch.nn.Linear(8, 8)

    def forward(self, x):
        return self.query(x)


torch.manual_seed(3)
base = Projection()
x = torch.randn(5, 8)
before = base(x)
model = get_peft_model(base, LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["query"])).eval()
layer = model.base_model.model.query
torch.nn.init.normal_(layer.lora_B["default"].weight)
golden = {
    "rank": RANK,
    "alpha": ALPHA,
    "x": dump(x),
    "weight": dump(layer.base_layer.weight),
    "lora_A": dump(layer.lora_A["default"].weight),
    "lora_B": dump(layer.lora_B["default"].weight),
    "delta": dump(model(x) - before),
}
layer.merge()
golden["merged_weight"] = dump(layer.base_layer.weight)
path = pathlib.Path(__file__).with_name("lora_forward.json")
path.write_text(json.dumps(golden) + "\n")

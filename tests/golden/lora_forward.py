"""Writes lora_forward.json: PEFT's LoRA, rsLoRA and DoRA on two 8 x 8 projections, with ranks and alphas by pattern.

    .deps/peers/bin/python tests/golden/lora_forward.py

Each case holds the options as a recipe writes them and, for each projection, PEFT's tensors, what the adapter adds to
the output for `x`, the merged weight, and the gradients of sum(output * pull) with respect to the adapter's tensors.
Where a case has dropout, it is one fixed `mask` on the input.
"""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model

CASES = {
    "plain": {"rank": 4, "alpha": 32},
    "rslora": {"rank": 4, "alpha": 6, "rslora": True},
    "patterns": {"rank": 4, "alpha": 32, "rank_pattern": {"query": 2}, "alpha_pattern": {"value": 5}},
    "dora": {"rank": 3, "alpha": 6, "dora": True},
    "dora, rslora, patterns": {"rank": 4, "alpha": 6, "rslora": True, "dora": True, "rank_pattern": {"value": 1},
                               "alpha_pattern": {"query": 3}},
    "dora, dropout": {"rank": 4, "alpha": 6, "dora": True, "dropout": 0.5},
}


def dump(tensor):
    values = [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]
    return {"shape": list(tensor.shape), "values": values}


class Projections(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.query = torch.nn.Linear(8, 8)
        self.value = torch.nn.Linear(8, 8)

    def forward(self, x):
        return self.query(x), self.value(x)


class Masked(torch.nn.Module):
    """Dropout whose outcome is known."""

    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def forward(self, x):
        return x * self.mask


def config(options):
    return LoraConfig(
        r=options["rank"], lora_alpha=options["alpha"], lora_dropout=options.get("dropout", 0.0), target_modules=["query", "value"],
        use_rslora=options.get("rslora", False), use_dora=options.get("dora", False),
        rank_pattern=options.get("rank_pattern", {}), alpha_pattern=options.get("alpha_pattern", {}))


def scrambled(layer):
    """The layer's adapter tensors by their names in PEFT's files, B and the magnitudes moved away from their start."""
    tensors = {"lora_A.weight": layer.lora_A["default"].weight, "lora_B.weight": layer.lora_B["default"].weight}
    torch.nn.init.normal_(tensors["lora_B.weight"])
    if "default" in layer.lora_magnitude_vector:
        tensors["lora_magnitude_vector"] = layer.lora_magnitude_vector["default"].weight
        with torch.no_grad():
            tensors["lora_magnitude_vector"].mul_(0.5 + torch.rand(8))
    return tensors


def case(options):
    torch.manual_seed(3)
    base = Projections()
    x, pull = torch.randn(5, 8), torch.randn(5, 8)
    before = dict(zip(("query", "value"), base(x)))
    model = get_peft_model(base, config(options))
    layers = {name: getattr(model.base_model.model, name) for name in before}
    tensors = {name: scrambled(layer) for name, layer in layers.items()}
    mask = 2.0 * (torch.rand(5, 8) < 0.5)
    if "dropout" in options:
        model.train()
        for layer in layers.values():
            layer.lora_dropout["default"] = Masked(mask)
    after = dict(zip(("query", "value"), model(x)))
    sum((output * pull).sum() for output in after.values()).backward()
    sites = {}
    for name, layer in layers.items():
        base_layer = layer.base_layer
        sites[name] = {
            "weight": dump(base_layer.weight), "bias": dump(base_layer.bias),
            "tensors": {key: dump(tensor) for key, tensor in tensors[name].items()},
            "gradients": {key: dump(tensor.grad) for key, tensor in tensors[name].items()},
            "delta": dump(after[name] - before[name]),
        }
        layer.merge()
        sites[name]["merged_weight"] = dump(base_layer.weight)
    masks = {"mask": dump(mask)} if "dropout" in options else {}
    return {"options": options, "x": dump(x), "pull": dump(pull), **masks, "sites": sites}


golden = {name: case(options) for name, options in CASES.items()}
path = pathlib.Path(__file__).with_name("lora_forward.json")
path.write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(value)}' for name, value in golden.items()) + "\n}\n")

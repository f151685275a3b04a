"""Writes rates.json: discriminative rates and unfreezing as torch.optim.AdamW's parameter groups give them.

    .deps/peers/bin/python tests/golden/rates.py

The tiny BERT of tests/golden/losses trains for ten steps with one parameter group per parameter, LambdaLR with warm-up,
and gradients switched on when a part is let go. A case holds the strategies as a recipe has them and, for each
parameter, its group's weight decay and the rate of each step (null: it does not train), and the loss of each step.
"""

import json
import math
import re
import sys
from pathlib import Path

import torch
from transformers import BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "parity/peers"))
from common import batches, decays, linear_factor  # noqa: E402
from losses import FOLDER, ROWS, Examples  # noqa: E402

STEPS, WARMUP, BATCH, SEED = 10, 2, 8, 17
RATE, WEIGHT_DECAY = 4e-3, 0.01
PER_EPOCH = math.ceil(ROWS / BATCH)
NEVER = STEPS


def at_epoch(epoch):
    """The first step that many epochs into the run."""
    return math.ceil(epoch * PER_EPOCH - 1e-9)


# `scale` and `start` (first step that trains) by part; `decay` is the weight decay where it is not the recipe's.
PARTS = ("classifier", "pooler", "encoder.layer.1", "encoder.layer.0", "embeddings")
CASES = {
    "discriminative rates": {
        "strategies": {"discriminative_lr": {"decay": 0.8, "weight_decay": {"blocks": 0.1, "head": 0}}},
        "scale": (1, 1, 0.8, 0.64, 0.512), "start": (0, 0, 0, 0, 0), "decay": (0, None, 0.1, 0.1, None),
    },
    "gradual unfreezing by steps, with discriminative rates": {
        "strategies": {"freezing": {"every_steps": 2}, "discriminative_lr": {"decay": 0.5}},
        "scale": (1, 1, 0.5, 0.25, 0.125), "start": (0, 0, 2, 4, 6), "decay": (None,) * 5,
    },
    "gradual unfreezing by epochs, embeddings frozen": {
        "strategies": {"freezing": {"every_epochs": 0.5, "embeddings": "frozen"}},
        "scale": (1,) * 5, "start": (0, 0, at_epoch(0.5), at_epoch(1), NEVER), "decay": (None,) * 5,
    },
    "the last block kept": {
        "strategies": {"freezing": {"keep": "last 1 block"}},
        "scale": (1,) * 5, "start": (0, 0, 0, NEVER, NEVER), "decay": (None,) * 5,
    },
}


def part_of(name):
    return next(i for i, part in enumerate(PARTS) if re.match(rf"(bert\.)?{re.escape(part)}\.", name))


def engram_name(name):
    return re.sub(r"^classifier", "heads.wind", name.removeprefix("bert."))


def groups_of(model, case):
    for name, parameter in model.named_parameters():
        own = case["decay"][part_of(name)]
        weight_decay = (WEIGHT_DECAY if own is None else own) if decays(name) else 0.0
        yield {"params": [parameter], "lr": RATE * case["scale"][part_of(name)], "weight_decay": weight_decay}


def run(case, data):
    model = BertForSequenceClassification.from_pretrained(FOLDER / "model").train()
    optimizer = torch.optim.AdamW(list(groups_of(model, case)), betas=(0.9, 0.999), eps=1e-8, fused=True)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: linear_factor(step, STEPS, WARMUP))
    names = [name for name, _ in model.named_parameters()]
    rates, losses = {engram_name(name): [] for name in names}, []
    order = batches(ROWS, BATCH, SEED)
    for step in range(STEPS):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(step >= case["start"][part_of(name)])
        for name, parameter, group in zip(names, model.parameters(), optimizer.param_groups, strict=True):
            rates[engram_name(name)].append(group["lr"] if parameter.requires_grad else None)
        loss = model(**data.batch(next(order))).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
    decay = {engram_name(name): group["weight_decay"] for name, group in zip(names, optimizer.param_groups)}
    return {"strategies": case["strategies"], "weight_decay": decay, "rates": rates, "losses": losses}


def main():
    torch.set_num_threads(1)
    data = Examples(torch.Generator().manual_seed(11))
    golden = {
        "learning_rate": RATE, "weight_decay": WEIGHT_DECAY, "seed": SEED, "batch_size": BATCH,
        "factors": [linear_factor(step, STEPS, WARMUP) for step in range(STEPS)],
        "cases": {name: run(case, data) for name, case in CASES.items()},
    }
    text = re.sub(r"\[[^\[\]{}]*\]", lambda numbers: " ".join(numbers.group().split()), json.dumps(golden, indent=1))
    Path(__file__).with_name("rates.json").write_text(text + "\n")
    for name, case in golden["cases"].items():
        print(name, [round(loss, 4) for loss in case["losses"]])


if __name__ == "__main__":
    main()

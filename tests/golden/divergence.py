"""Writes divergence.json: torch's own kl_div between two sets of logits, its sum and its gradient.

    python tests/golden/divergence.py
"""
import json
import pathlib

import torch

SEQUENCES, CLASSES = 3, 4


def case(temperature):
    generator = torch.Generator().manual_seed(11)
    start = torch.randn(SEQUENCES, CLASSES, generator=generator) * 3
    now = (start + torch.randn(SEQUENCES, CLASSES, generator=generator)).requires_grad_()
    total = torch.nn.functional.kl_div(torch.log_softmax(now / temperature, 1), torch.softmax(start / temperature, 1),
                                       reduction="sum")
    total.backward()
    return {"temperature": temperature, "start": start.tolist(), "now": now.tolist(), "sum": total.item(),
            "gradient": now.grad.tolist()}


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps([case(t) for t in (2.0, 1.0, 0.5)], indent=1) + "\n", encoding="utf-8")

"""Writes tests/golden/fisher: squared gradients of small BERTs by torch.func, sample by sample, in double precision.

    .deps/peers/bin/python tests/golden/fisher.py

MODEL.json         examples (token ids, token types, label), the labels that stand for sampled ones, and the batches of
                   the batched form, for the models of tests/golden/model (gelu: three classes, silu: two)
MODEL.safetensors  "<estimator>/<parameter>" in engram's names, fp32:
                   exact       mean over samples of sum_c p_c (d log p_c)^2
                   sampled     mean over samples of (d log p_y)^2, y as listed
                   empirical   the same with the data's labels
                   batch_mean  mean over batches of (d mean over the batch of log p_y)^2, y the data's labels
"""
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.func import functional_call, grad, vmap
from transformers import BertForSequenceClassification, logging

HERE = Path(__file__).resolve().parent
ESTIMATORS = {"gelu": ("exact", "sampled", "empirical", "batch_mean"), "silu": ("exact", "sampled")}
LENGTHS = [5, 1, 9, 12, 9, 3, 20, 2]
BATCH = 3


def examples_of(config, generator):
    draw = lambda high, shape: torch.randint(0, high, shape, generator=generator)
    ids = [draw(config.vocab_size - 1, (n,)).add(1).tolist() for n in LENGTHS]  # 0 pads: transformers holds it back
    ids[2][4:7] = [ids[2][1]] * 3  # one word four times in a sequence, and again in the next
    ids[3][5] = ids[2][1]
    types = [sorted(draw(config.type_vocab_size, (n,)).tolist()) for n in LENGTHS]
    labels = draw(config.num_labels, (len(LENGTHS),)).tolist()
    sampled = draw(config.num_labels, (len(LENGTHS),)).tolist()
    return {"ids": ids, "types": types, "labels": labels, "sampled": sampled,
            "batches": [list(range(b, min(b + BATCH, len(LENGTHS)))) for b in range(0, len(LENGTHS), BATCH)]}


def log_probabilities(model, parameters, ids, types, mask):
    inputs = {"input_ids": ids[None], "token_type_ids": types[None], "attention_mask": mask[None, None, None]}
    return torch.log_softmax(functional_call(model, parameters, (), inputs).logits[0], -1)


class Oracle:
    def __init__(self, name, data):
        self.model = BertForSequenceClassification.from_pretrained(HERE / "model" / name, attn_implementation="eager")
        self.model.double().eval()
        self.parameters = {k: v.detach() for k, v in self.model.named_parameters()}
        longest = max(map(len, data["ids"]))
        pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        self.inputs = (pad(data["ids"]), pad(data["types"]))
        keep = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in data["ids"]]).double()
        self.inputs += ((1 - keep) * torch.finfo(torch.float64).min,)

    def per_sample(self, labels):
        """The gradient of every sample's log-probability of its label, and that probability."""
        def one(parameters, ids, types, mask, is_label):
            chosen = (log_probabilities(self.model, parameters, ids, types, mask) * is_label).sum()
            return chosen, chosen
        is_label = torch.nn.functional.one_hot(labels, self.model.config.num_labels).double()
        found, logs = vmap(grad(one, has_aux=True), (None, 0, 0, 0, 0))(self.parameters, *self.inputs, is_label)
        return found, logs.exp()

    def squares(self, labels):
        found, _ = self.per_sample(labels)
        return {k: v.square().mean(0) for k, v in found.items()}

    def exact(self):
        total = {k: torch.zeros_like(v) for k, v in self.parameters.items()}
        for label in range(self.model.config.num_labels):
            found, p = self.per_sample(torch.full((len(LENGTHS),), label))
            for k, v in found.items():
                total[k] += (v.square() * p.view(-1, *[1] * (v.dim() - 1))).mean(0)
        return total

    def batch_mean(self, labels, batches):
        total = {k: torch.zeros_like(v) for k, v in self.parameters.items()}
        for rows in batches:
            def mean(parameters):
                logs = [log_probabilities(self.model, parameters, *(x[r] for x in self.inputs))[labels[r]] for r in rows]
                return torch.stack(logs).mean()
            for k, v in grad(mean)(self.parameters).items():
                total[k] += v.square() / len(batches)
        return total


def main():
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    for seed, (name, estimators) in enumerate(ESTIMATORS.items()):
        config = BertForSequenceClassification.from_pretrained(HERE / "model" / name).config
        data = examples_of(config, torch.Generator().manual_seed(40 + seed))
        oracle = Oracle(name, data)
        labels = torch.tensor(data["labels"])
        found = {"exact": oracle.exact, "sampled": lambda: oracle.squares(torch.tensor(data["sampled"])),
                 "empirical": lambda: oracle.squares(labels),
                 "batch_mean": lambda: oracle.batch_mean(labels, data["batches"])}
        tensors = {f"{estimator}/{k.removeprefix('bert.')}": v.float()
                   for estimator in estimators for k, v in found[estimator]().items() if k.startswith("bert.")}
        save_file(tensors, HERE / "fisher" / f"{name}.safetensors", {"format": "pt"})
        (HERE / "fisher" / f"{name}.json").write_text(json.dumps(data) + "\n")
        print(name, {e: float(tensors[f"{e}/pooler.dense.weight"].sum()) for e in estimators})


if __name__ == "__main__":
    main()

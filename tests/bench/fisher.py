"""Fisher samples a second over MiniLM, engram beside a batch-1 loop in transformers, on 2 threads.

    cmake --build build --target bench_fisher
    .deps/peers/bin/python tests/bench/fisher.py build/bin/bench_fisher path/to/minilm path/to/ag_news.csv \\
        [samples] [samples of the loop]

Texts are ag_news articles (label, title, description) cut at 128 tokens; the four-class head is seeded. The loop runs
one forward pass a sample and one backward pass a class (exact) or one (given label), over all parameters of the trunk.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

CLASSES, BATCH_SIZE, LONGEST = 4, 32, 128


def read_texts(path, count):
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0].isdigit()][:count]
    return [" ".join(row[1:]) for row in rows], [int(row[0]) - 1 for row in rows]


def loop(model, sequences, labels, exact):
    parameters = [p for name, p in model.named_parameters() if name.startswith("bert.")]
    total = [torch.zeros_like(p) for p in parameters]
    start = time.perf_counter()
    for ids, label in zip(sequences, labels):
        logs = torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0], -1)
        wanted = range(CLASSES) if exact else [label]
        for i, c in enumerate(wanted):
            weight = logs[c].exp().item() if exact else 1.0
            found = torch.autograd.grad(logs[c], parameters, retain_graph=i + 1 < len(wanted))
            for square, gradient in zip(total, found):
                square.addcmul_(gradient, gradient, value=weight / len(sequences))
    return time.perf_counter() - start, sum(square.double().sum().item() for square in total)


def main():
    tool, path, data = sys.argv[1:4]
    samples = int(sys.argv[4]) if len(sys.argv) > 4 else 512
    loop_samples = int(sys.argv[5]) if len(sys.argv) > 5 else samples
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    texts, labels = read_texts(data, samples)
    sequences = AutoTokenizer.from_pretrained(path)(texts, truncation=True, max_length=LONGEST)["input_ids"]
    model = BertForSequenceClassification(BertConfig.from_pretrained(path, num_labels=CLASSES)).eval()
    model.bert.load_state_dict(BertModel.from_pretrained(path).state_dict())
    print(f"{len(sequences)} samples, {sum(map(len, sequences)) / len(sequences):.1f} tokens each", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(path).save_pretrained(folder)
        (folder / "request.json").write_text(json.dumps({"ids": sequences, "labels": labels}))
        (folder / "loop.json").write_text(json.dumps({"ids": sequences[:loop_samples], "labels": labels[:loop_samples]}))
        engram = lambda request, mode: map(float, subprocess.run(
            [tool, folder, folder / request, mode, str(BATCH_SIZE)], text=True, check=True,
            stdout=subprocess.PIPE).stdout.split())
        for mode in ("exact", "given"):
            seconds, _ = engram("request.json", mode)
            _, same = engram("loop.json", mode)
            theirs, peer = loop(model, sequences[:loop_samples], labels[:loop_samples], mode == "exact")
            ours, others = len(sequences) / seconds, loop_samples / theirs
            print(f"{mode}: engram {ours:.1f} samples/s, transformers one by one {others:.2f} samples/s "
                  f"({loop_samples} samples); {ours / others:.1f} times as many; "
                  f"sums of squares {same:.6g} and {peer:.6g}", flush=True)


if __name__ == "__main__":
    main()

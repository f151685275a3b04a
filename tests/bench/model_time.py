"""Seconds of one forward and backward pass of MiniLM, engram and transformers in turns on 2 threads.

    cmake --build build --target parity_model_time
    .deps/peers/bin/python tests/bench/model_time.py build/bin/parity_model_time path/to/minilm [rounds]

Batches of 16 sequences: all of 50 tokens, and of mixed lengths around 50. Prints medians; the machine must be quiet.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification, BertModel

DROPOUTS = (0.0, 0.1)
LENGTHS = {"16 x 50": [50] * 16,
           "16 mixed": [12, 20, 25, 31, 36, 40, 44, 48, 52, 55, 58, 62, 66, 74, 84, 93]}


def peer_step(model, ids, mask):
    model.zero_grad(set_to_none=True)
    start = time.perf_counter()
    model(input_ids=ids, attention_mask=mask).logits.square().mean().backward()
    return time.perf_counter() - start


def measure(tool, path, folder, lengths, dropout, rounds):
    torch.manual_seed(0)
    config = BertConfig.from_pretrained(path, num_labels=4, hidden_dropout_prob=dropout,
                                        attention_probs_dropout_prob=dropout)
    models = {}
    for attention in ("eager", "sdpa"):
        models[attention] = BertForSequenceClassification._from_config(config, attn_implementation=attention)
        models[attention].bert.load_state_dict(BertModel.from_pretrained(path).state_dict())
        models[attention].train()
    models["eager"].save_pretrained(folder)
    sequences = [torch.randint(1000, 30000, (n,)).tolist() for n in lengths]
    (folder / "request.json").write_text(json.dumps({"ids": sequences}))
    ids = torch.tensor([row + [0] * (max(lengths) - len(row)) for row in sequences])
    mask = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
    engram = subprocess.Popen([tool, folder, folder / "request.json", str(dropout)], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    seconds = {"engram": [], "eager": [], "sdpa": []}
    for _ in range(rounds + 2):
        engram.stdin.write("\n")
        engram.stdin.flush()
        seconds["engram"].append(float(engram.stdout.readline()))
        for name, model in models.items():
            seconds[name].append(peer_step(model, ids, mask))
    engram.stdin.close()
    engram.wait()
    return {name: statistics.median(values[2:]) for name, values in seconds.items()}


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 9
    for label, lengths in LENGTHS.items():
        for dropout in DROPOUTS:
            with tempfile.TemporaryDirectory() as scratch:
                result = measure(sys.argv[1], sys.argv[2], pathlib.Path(scratch), lengths, dropout, rounds)
            print(f"{label}, dropout {dropout}: " +
                  ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in result.items()) +
                  f"; transformers eager takes {result['eager'] / result['engram']:.2f} times as long", flush=True)


if __name__ == "__main__":
    main()

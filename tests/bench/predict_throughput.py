"""Texts a second through `engram predict` and through a loop of transformers and peft, in turns, tokenization included.

    .deps/peers/bin/python tests/bench/predict_throughput.py build/bin/engram BASE TEXTS [--rounds 5] [--threads 2]

BASE is a BERT with a head, TEXTS a CSV whose last columns are the text (AG News). The adapter is LoRA made by peft. Both
run in fp32 on as many threads, each with the batch size that was best in a search before; engram is one process that
reads lines from a pipe, so what is timed is from the first text written to the last label read. Prints medians and the
median ratio of seconds, and that of processor seconds, which a busy machine disturbs less; and what adapters cost in
memory.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

import torch
import transformers
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from transformers import AutoModelForSequenceClassification, AutoTokenizer

MAX_LENGTH = 512  # of the model: nothing says that an adapter by peft was trained with less
PEER_BATCHES = (1, 2, 4, 8, 16, 32)
ENGRAM_BATCHES = ("default", 4, 8, 16, 32)


class Clock:
    """Seconds, and processor seconds of a process, since it was made."""

    def __init__(self, pid="self"):
        self.pid = pid
        self.wall, self.cpu = time.perf_counter(), self.processor()

    def processor(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read(self):
        return time.perf_counter() - self.wall, self.processor() - self.cpu


def read_texts(file, count):
    with open(file, newline="", encoding="utf-8") as rows:
        return [" ".join(" ".join(row[1:]).split()) for row in list(csv.reader(rows))[:count]]


def make_adapter(base, folder, seed):
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(base)
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=8, lora_alpha=32, target_modules=["query", "value"],
                        init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(folder)


class Peer:
    def __init__(self, base, adapter):
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForSequenceClassification.from_pretrained(base)
        self.model = PeftModel.from_pretrained(model, adapter).eval()

    def tokenized(self, texts, size):
        for begin in range(0, len(texts), size):
            yield self.tokenizer(texts[begin:begin + size], padding=True, truncation=True, max_length=MAX_LENGTH,
                                 return_tensors="pt")

    def label(self, batches):
        made = []
        with torch.inference_mode():
            for batch in batches:
                probabilities = self.model(**batch).logits.softmax(1)
                made += zip(*(column.tolist() for column in probabilities.max(1)))
        return made

    def seconds(self, texts, size):
        clock = Clock()
        made = self.label(self.tokenized(texts, size))
        return clock.read(), [probability for probability, _ in made]

    def seconds_without_tokenization(self, texts, size):
        batches = list(self.tokenized(texts, size))
        clock = Clock()
        self.label(batches)
        return clock.read()


class Engram:
    def __init__(self, program, base, adapters, size, threads):
        command = [program, "predict", adapters[0], "--base", base, "--device", "cpu"]
        for i, adapter in enumerate(adapters[1:]):
            command += ["--adapter", f"a{i}={adapter}"]
        if size != "default":
            command += ["--batch-size", str(size)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=dict(os.environ, OMP_NUM_THREADS=str(threads)))
        self.seconds(["warm up"])

    def seconds(self, texts):
        def write():
            self.process.stdin.write("".join(text + "\n" for text in texts).encode())
            self.process.stdin.flush()

        clock = Clock(self.process.pid)
        writer = threading.Thread(target=write)
        writer.start()
        lines = [self.process.stdout.readline().decode() for _ in texts]
        writer.join()
        return clock.read(), [float(line.split("\t")[1]) for line in lines]

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.split("VmRSS:")[1].split()[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def best_sizes(arguments, peer, adapter, texts):
    sample = texts[:256]
    peers = {size: min(peer.seconds(sample, size)[0][1] for _ in range(2)) for size in PEER_BATCHES}
    ours = {}
    for size in ENGRAM_BATCHES:
        engram = Engram(arguments.engram, arguments.base, [adapter], size, arguments.threads)
        ours[size] = min(engram.seconds(sample)[0][1] for _ in range(2))
        engram.close()
    for name, found in [("transformers + peft", peers), ("engram", ours)]:
        print(f"{name}, texts a processor second by batch size: " +
              ", ".join(f"{size}: {len(sample) / seconds:.0f}" for size, seconds in found.items()), flush=True)
    return min(peers, key=peers.get), min(ours, key=ours.get)


def compare(arguments, peer, adapter, texts):
    peer_size, engram_size = arguments.sizes or best_sizes(arguments, peer, adapter, texts)
    engram = Engram(arguments.engram, arguments.base, [adapter], engram_size, arguments.threads)
    seconds = {"theirs": [], "bare": [], "sorted": [], "ours": []}
    by_length = sorted(texts, key=len)
    for _ in range(arguments.rounds):
        theirs, expected = peer.seconds(texts, peer_size)
        ours, made = engram.seconds(texts)
        seconds["theirs"].append(theirs)
        seconds["ours"].append(ours)
        seconds["bare"].append(peer.seconds_without_tokenization(texts, peer_size))
        seconds["sorted"].append(peer.seconds(by_length, peer_size)[0])
    engram.close()
    largest = max(abs(a - b) for a, b in zip(made, expected))
    print(f"batch sizes: transformers + peft {peer_size}, engram {engram_size}; "
          f"largest difference of a probability {largest:.1e} (printed with 4 decimals)")
    for name, label in [("ours", "engram"), ("theirs", "transformers + peft"),
                        ("bare", "transformers + peft without tokenization"),
                        ("sorted", "transformers + peft, texts sorted by length beforehand")]:
        wall, cpu = (statistics.median(a[i] / b[i] for a, b in zip(seconds[name], seconds["ours"])) for i in (0, 1))
        print(f"{label}: {len(texts) / statistics.median(each[0] for each in seconds[name]):.0f} texts a second; takes "
              f"{wall:.2f} times as long as engram, {cpu:.2f} times in processor seconds (medians of "
              f"{arguments.rounds})", flush=True)


def memory(arguments, adapters):
    size = sum(file.stat().st_size for file in pathlib.Path(adapters[0]).glob("*.safetensors"))
    resident = {}
    for count in (1, len(adapters)):
        engram = Engram(arguments.engram, arguments.base, adapters[:count], "default", arguments.threads)
        resident[count] = engram.resident()
        engram.close()
    each = (resident[len(adapters)] - resident[1]) / (len(adapters) - 1)
    print(f"memory: {resident[1] / 1e6:.1f} MB resident with one adapter, {resident[len(adapters)] / 1e6:.1f} MB with "
          f"{len(adapters)}: {each / 1e6:.2f} MB for each further one, whose file has {size / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser()
    for name in ("engram", "base", "texts"):
        parser.add_argument(name)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--adapters", type=int, default=17)
    parser.add_argument("--sizes", nargs=2, type=lambda size: size if size == "default" else int(size),
                        help="batch sizes of transformers and of engram; else they are searched for")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(arguments.threads)
    texts = read_texts(arguments.texts, arguments.count)
    with tempfile.TemporaryDirectory() as scratch:
        adapters = [f"{scratch}/{seed}" for seed in range(arguments.adapters)]
        for seed, folder in enumerate(adapters):
            make_adapter(arguments.base, folder, seed)
        config = pathlib.Path(adapters[0]) / "adapter_config.json"
        assert json.loads(config.read_text())["peft_type"] == "LORA"
        memory(arguments, adapters)
        compare(arguments, Peer(arguments.base, adapters[0]), adapters[0], texts)


if __name__ == "__main__":
    main()

"""What the whole-run tests share: a tiny task, recipes for it, and the program."""

import csv
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["ENGRAM_SOURCE"])
ENGRAM = os.environ["ENGRAM"]
MODEL = SOURCE / "tests/golden/losses/model"  # a two-layer BERT whose words are w5 ... w95

RECIPE = """
local schedule = require "engram.schedule"
local score    = require "engram.score"
local stop     = require "engram.stop"
return {
  model = "%(model)s",
  tasks = { wind = { kind = "classification", head = "from model" }, side = { kind = "classification" } },
  data = {
    train    = { "new_train.csv", text = "text", label = "label", task = "side", use = "train" },
    new      = { "new_test.csv",  text = "text", label = "label", task = "side", use = "evaluate" },
    original = { "original.csv",  text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
  },
  strategies = { %(strategies)s },
  train = { epochs = 2, batch_size = 8, learning_rate = 5e-3, max_length = 24, threads = 1, %(train)s },
  schedule = schedule.linear { warmup = 0.1 },
  score = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.05, weight = 1 },
  %(rest)s
}
"""
LORA = '{ "lora", rank = 4, alpha = 8, dropout = 0.1 }'


def sentence(words, generator):
    return " ".join(f"w{generator.choice(words)}" for _ in range(generator.randint(4, 12)))


def write_rows(file, labels, count, seed):
    """Texts whose label is the range that most of their words come from."""
    generator = random.Random(seed)
    ranges = {label: range(5 + 30 * i, 35 + 30 * i) for i, label in enumerate(labels)}
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        for _ in range(count):
            label = generator.choice(labels)
            writer.writerow([sentence(ranges[label], generator), label])


def other_weights(base, folder, tensor="bert.pooler.dense.weight"):
    """A copy of a model folder that differs in one bit of one tensor."""
    shutil.copytree(base, folder)
    file = folder / "model.safetensors"
    data = bytearray(file.read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    data[8 + length + json.loads(data[8:8 + length])[tensor]["data_offsets"][0]] ^= 1
    file.write_bytes(data)
    return folder


def tensors(file):
    """Every tensor of a safetensors file: name, dtype, shape and bytes."""
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    start = 8 + length
    return {name: (entry["dtype"], entry["shape"], data[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]])
            for name, entry in header.items()}


class TinyCase(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        write_rows(self.folder / "new_train.csv", ["left", "right"], 96, 1)
        write_rows(self.folder / "new_test.csv", ["left", "right"], 32, 2)
        write_rows(self.folder / "original.csv", ["calm", "stormy", "windy"], 32, 3)
        self.environment = dict(os.environ, ENGRAM_CACHE=str(self.folder / "cache"))

    def recipe(self, name="tiny", strategies=LORA, train="", rest="", text=RECIPE):
        file = self.folder / f"{name}.lua"
        file.write_text(text % {"model": MODEL, "strategies": strategies, "train": train, "rest": rest})
        return file

    def pair_recipe(self):
        """The recipe for pairs: the files of the new task get a second text, half of the words of their first one."""
        for name in ["new_train.csv", "new_test.csv"]:
            with open(self.folder / name, newline="", encoding="utf-8") as rows:
                read = list(csv.reader(rows))[1:]
            with open(self.folder / name, "w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([["text", "other", "label"]] + [
                    [words, " ".join(words.split()[::2]), label] for words, label in read])
        return RECIPE.replace('text = "text", label = "label", task = "side"',
                              'text = "text", pair = "other", label = "label", task = "side"')

    def engram(self, *arguments, stdin=None, expect=0):
        done = subprocess.run([ENGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment, input=stdin,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def events(self, run):
        return [json.loads(line) for line in (self.folder / run / "events.jsonl").read_text().splitlines()]

    def sittings(self, run):
        """Steps from which the run went on."""
        lines = [json.loads(line) for line in (self.folder / run / "timing.jsonl").read_text().splitlines()]
        return [line["step"] for line in lines if line["event"] == "resumed"]

    def result(self, run):
        return json.loads((self.folder / run / "result.json").read_text())

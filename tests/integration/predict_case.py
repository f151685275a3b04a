"""What the tests of `engram predict` share: two trained runs, and rows as JSON."""

import csv
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from tiny import ENGRAM, LORA, SOURCE, TinyCase

PEFT = SOURCE / "tests/golden/peft_adapters/dora"  # made by peft on MODEL
TEXTS = ["w5 w6 w7 w8 w9 w10", "w40 w41 w42 w43 w44", "w70 w71 w72", "w5 w40 w70"]


class PredictCase(TinyCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.kept.cleanup)

    def setUp(self):
        super().setUp()
        made = Path(self.kept.name)
        if not any(made.iterdir()):
            self.engram("run", self.recipe(), "--out", "side")
            recipe = self.recipe(strategies=LORA.replace("rank = 4", "rank = 2"))
            recipe.write_text(recipe.read_text().replace("score = score.penalised",
                                                         "score = function(m) return -m.new.loss end, --"))
            self.engram("run", recipe, "--out", "other")
            for name in ["side", "other"]:
                shutil.copytree(self.folder / name, made / name)
        for name in ["side", "other"]:
            if not (self.folder / name).exists():
                shutil.copytree(made / name, self.folder / name)

    def rows(self, *arguments, stdin=None):
        done = self.engram("predict", *arguments, "--json", stdin=stdin)
        return [json.loads(line) for line in done.stdout.splitlines()]

    @staticmethod
    def rounded(row):
        """Without what depends on how many texts went through the model together."""
        return row["label"], {label: round(value, 5) for label, value in row["probabilities"].items()}

    def refused(self, *arguments, stdin=None, expect=3):
        return " ".join(self.engram("predict", *arguments, stdin=stdin, expect=expect).stderr.split())

    def csv_file(self, name, rows):
        with open(self.folder / name, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(rows)
        return name

    def started(self, *arguments):
        process = subprocess.Popen([ENGRAM, "predict", *map(str, arguments)], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream in [process.stdin, process.stdout, process.stderr]:
            self.addCleanup(stream.close)
        self.addCleanup(process.kill)
        return process

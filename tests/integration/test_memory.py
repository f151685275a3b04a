"""Memory that runs out, under a real limit of the process: what is told, and what is kept."""

import json
import resource
import subprocess
import time
from pathlib import Path

from tiny import ENGRAM, LORA, TinyCase, write_rows

MEGABYTE = 1 << 20
MANY = 16384


class Memory(TinyCase):
    def setUp(self):
        super().setUp()
        self.environment["MALLOC_ARENA_MAX"] = "1"  # arenas of threads reserve addresses that nobody uses

    def limited(self, limit, *arguments):
        """Runs engram with so many bytes of address space; None: without a limit. Returns it and its largest size."""
        def limit_memory():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with open(self.folder / "stdout", "w", encoding="utf-8") as out, \
                open(self.folder / "stderr", "w", encoding="utf-8") as errors:
            process = subprocess.Popen([ENGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment,
                                       stdout=out, stderr=errors, preexec_fn=limit_memory)
        peak = 0
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            except (FileNotFoundError, ProcessLookupError):
                break
            sizes = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmPeak:")]
            peak = max([peak, *sizes])
            time.sleep(0.01)
        process.wait()
        return process.returncode, peak

    def text(self, name):
        return (self.folder / name).read_text()

    def told(self, code):
        self.assertEqual(code, 6, self.text("stdout")[-2000:] + self.text("stderr"))
        return " ".join(self.text("stderr").split())

    def peak_of(self, *arguments):
        code, peak = self.limited(None, *arguments)
        self.assertEqual(code, 0, self.text("stderr"))
        return peak

    def recipe_of_many(self, files, **settings):
        for file in files:
            write_rows(self.folder / file, ["left", "right"], MANY, 1)
        recipe = self.recipe(strategies=settings.get("strategies", ""), rest=settings.get("rest", ""))
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 1"))
        return recipe

    def test_in_a_step_the_state_before_it_is_kept_and_goes_on_with_more_memory(self):
        recipe = self.recipe_of_many(["new_train.csv"])
        large = ["--set", f"train.batch_size={MANY // 2}"]
        enough = self.peak_of("run", recipe, "--out", "small", "--set", "train.batch_size=256")
        code, _ = self.limited(enough + 150 * MEGABYTE, "run", recipe, "--out", "out", "--json", *large)
        text = self.told(code)
        self.assertRegex(text, r"out of memory \(step 1\): [0-9.]+ MB more could not be had; training was estimated at "
                               r"[0-9.]+ GB: weights [0-9.]+ kB; gradients .*; optimizer moments .*; activations, at most ")
        self.assertRegex(text, r"fix: in a new run, train.batch_size = 4096 with train.accumulation = 2 \(the loss stays "
                               r'the same\) \([0-9.]+ [GM]B less\); train.precision = "bf16" \([0-9.]+ [GM]B less\); '
                               r'strategies = \{ \{ "lora" \} \} in place of training')
        self.assertIn("checkpoints/step-000000, from which engram run --resume out goes on", text)
        (event,) = [json.loads(line) for line in self.text("stdout").splitlines() if '"out_of_memory"' in line]
        self.assertEqual(event["doing"], "step 1")
        self.assertGreater(event["bytes"], MEGABYTE)
        self.assertEqual(len(event["settings"]), 3)
        self.assertIn("activations, at most", event["estimate"])
        self.assertEqual(self.result("out")["ending"], "failed")
        # With the memory that it needs, it ends as if nothing had been.
        self.engram("run", "--resume", "out")
        self.engram("run", recipe, "--out", "straight", *large)
        self.assertEqual(*[(self.folder / run / "events.jsonl").read_bytes() for run in ["out", "straight"]])

    def test_in_an_evaluation_its_batch_size_is_named_first(self):
        recipe = self.recipe_of_many(["new_test.csv"], strategies=LORA)
        large = ["--set", f"train.evaluation_batch_size={MANY}"]
        enough = self.peak_of("run", recipe, "--out", "small")
        # The untouched model's scores are then in the cache.
        self.engram("run", recipe, "--out", "straight", *large)
        code, _ = self.limited(enough + 100 * MEGABYTE, "run", recipe, "--out", "out", *large)
        text = self.told(code)
        self.assertRegex(text, r"out of memory \(scoring every set\): [0-9.]+ MB more could not be had")
        self.assertRegex(text, rf"fix: in a new run, train.evaluation_batch_size = {MANY // 2} \([0-9.]+ MB less\); ")
        self.assertIn("from which engram run --resume out goes on", text)
        self.engram("run", "--resume", "out")
        self.assertEqual(*[(self.folder / run / "events.jsonl").read_bytes() for run in ["out", "straight"]])

    def test_while_preparing_what_is_being_prepared_is_named(self):
        recipe = self.recipe_of_many(["fitted.csv"], strategies=LORA)
        recipe.write_text(recipe.read_text().replace('head = "from model"', 'head = { probe = "fitted" }').replace(
            "    new      =",
            '    fitted = { "fitted.csv", text = "text", label = "label", task = "wind", use = "strategies" },\n'
            "    new      ="))
        write_rows(self.folder / "fitted.csv", ["calm", "stormy", "windy"], MANY, 1)
        enough = self.peak_of("run", recipe, "--out", "small")
        code, _ = self.limited(enough + 100 * MEGABYTE, "run", recipe, "--out", "out", "--set",
                               f"train.evaluation_batch_size={MANY}")
        text = self.told(code)
        self.assertIn("out of memory (fitting a head for wind on 16,384 rows of data.fitted): ", text)
        self.assertTrue((self.folder / "out/manifest.json").exists())
        self.engram("run", "--resume", "out")

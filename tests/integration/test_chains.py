"""Recipes run one after the other, each from the result before it."""

import csv
import json
import signal
import subprocess
import time

from tiny import ENGRAM, LORA, TinyCase, write_rows

PREFIX = '{ "prefix_tuning", tokens = 2 }'


class Chains(TinyCase):
    def setUp(self):
        super().setUp()
        write_rows(self.folder / "third.csv", ["few", "many"], 48, 4)

    def second(self, name="b", strategies=LORA, train=""):
        """Trains a third task; the second task's head comes from the result of the first recipe."""
        recipe = self.recipe(name, strategies=strategies, train=train)
        recipe.write_text(
            recipe.read_text()
            .replace('side = { kind = "classification" }',
                     'side = { kind = "classification", head = "from model" }, third = { kind = "classification" }')
            .replace('"new_train.csv", text = "text", label = "label", task = "side"',
                     '"third.csv", text = "text", label = "label", task = "third"')
            .replace('    original = {', '''    third = { "third.csv", text = "text", label = "label", task = "third", use = "evaluate" },
    original = {''')
            .replace('new      = { "new_test.csv",  text = "text", label = "label", task = "side", use = "evaluate" }',
                     'new      = { "new_test.csv",  text = "text", label = "label", task = "side", use = "evaluate", role = "original" }')
            .replace("new.accuracy", "third.accuracy"))
        return recipe

    def metrics(self, run, kind):
        return next(event["metrics"] for event in self.events(run)
                    if event["event"] == "evaluation" and event["kind"] == kind)

    def test_the_second_starts_from_the_first_one_s_merged_result_with_its_heads(self):
        for strategies, result in [(LORA, "merged"), ("", "best")]:
            out = f"out{len(strategies)}"
            first = self.recipe("a", strategies=strategies)
            told = " ".join(self.engram("run", first, self.second(), "--out", out).stdout.split())
            start = self.folder / out / "1-a/checkpoints" / result
            self.assertTrue((start / "model.safetensors").exists())
            self.assertFalse((start / "adapter_config.json").exists())
            self.assertIn(f"starts from the {'merged ' if strategies else ''}result of", told)
            manifest = json.loads((self.folder / out / "2-b/manifest.json").read_text())
            self.assertEqual(manifest["model"]["folder"], str(start))
            self.assertEqual(manifest["chain"]["starts_from"], str(self.folder / out / "1-a"))
            # What the first run's kept checkpoint scored is what the second finds untouched, for both tasks.
            kept = {(row["set"], row["metric"]): row["now"] for row in self.result(f"{out}/1-a")["rows"]}
            found = self.metrics(f"{out}/2-b", "baseline")
            for name in ["new", "original"]:
                self.assertAlmostEqual(found[name]["loss"], kept[name, "loss"], places=4)
                self.assertEqual(found[name]["accuracy"], kept[name, "accuracy"])

    def test_a_link_that_fails_ends_the_chain_with_its_code(self):
        with open(self.folder / "third.csv", "a", newline="", encoding="utf-8") as out:
            csv.writer(out).writerow(["", "few"])
        done = self.engram("run", self.recipe("a"), self.second(), self.recipe("c"), "--out", "out", expect=3)
        self.assertIn("the text is empty", done.stderr)
        self.assertIn("the chain ends here", done.stdout)
        self.assertTrue((self.folder / "out/1-a/result.json").exists())
        self.assertFalse((self.folder / "out/3-c").exists())

    def test_a_link_that_does_not_meet_its_budget_ends_the_chain_with_its_code(self):
        rule = 'stop = function(h) return h.last.step > 0 and { rollback = true, reason = "lost" } end,'
        first = self.recipe("a", rest=rule)
        done = self.engram("run", first, self.second(), "--out", "out", expect=4)
        self.assertIn("the chain ends here", done.stdout)
        self.assertFalse((self.folder / "out/2-b").exists())

    def test_where_nothing_scored_better_the_next_starts_from_the_same_model_and_says_so(self):
        first = self.recipe("a")
        lines = ["  score = function(m) return m.new.loss < 0 and 1 or 0 end," if line.startswith("  score") else line
                 for line in first.read_text().splitlines()]
        first.write_text("\n".join(lines))
        told = self.engram("run", first, self.recipe("b"), "--out", "out").stdout
        self.assertIn("started from, since nothing there scored better", " ".join(told.split()))
        manifests = [json.loads((self.folder / "out" / link / "manifest.json").read_text()) for link in ["1-a", "2-b"]]
        self.assertEqual(manifests[0]["model"], manifests[1]["model"])

    def test_every_recipe_is_read_before_the_first_one_trains(self):
        broken = self.recipe("b", train="epoks = 3,")
        done = self.engram("run", self.recipe("a"), broken, "--out", "out", expect=3)
        self.assertIn("epoks", done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_virtual_tokens_can_only_come_last(self):
        done = self.engram("run", self.recipe("a", strategies=PREFIX), self.second(), "--out", "out", expect=3)
        self.assertIn("prefixes and prompts do not fold into a model's weights", " ".join(done.stderr.split()))
        self.assertFalse((self.folder / "out").exists())
        self.engram("run", self.recipe("a"), self.second(strategies=PREFIX), "--out", "out")

    def test_a_chain_takes_no_recipe_from_standard_input_and_no_point(self):
        done = self.engram("run", self.recipe("a"), "-", stdin="", expect=3)
        self.assertIn("a chain cannot read a recipe from standard input", done.stderr)
        self.engram("run", self.recipe("a"), self.recipe("b"), "--point", "x", expect=2)

    def test_an_interrupted_chain_goes_on_where_it_was(self):
        second = self.second()
        second.write_text(second.read_text().replace("epochs = 2", "epochs = 100"))
        first = self.recipe("a")
        process = subprocess.Popen([ENGRAM, "run", str(first), str(second), "--out", "out"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        events = self.folder / "out/2-b/events.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and '"step":15' in events.read_text():
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5)
        self.assertIn("engram run --resume out ", output)
        before = (self.folder / "out/1-a/events.jsonl").read_bytes()
        told = self.engram("run", "--resume", "out").stdout
        self.assertIn("1-a ended before, and is left as it is", told)
        self.assertEqual((self.folder / "out/1-a/events.jsonl").read_bytes(), before)
        self.assertEqual(self.result("out/2-b")["ending"], "all steps")

    def test_overrides_hold_for_every_link(self):
        self.engram("run", self.recipe("a"), self.second(), "--set", "train.epochs=1", "--out", "out")
        for link in ["1-a", "2-b"]:
            self.assertEqual(self.result(f"out/{link}")["steps"] % 6, 0)
            manifest = json.loads((self.folder / "out" / link / "manifest.json").read_text())
            self.assertEqual(manifest["recipe"]["train"]["epochs"], 1)

"""Runs that go well."""

import json
import math
import shutil
import subprocess
import unittest
from pathlib import Path

from tiny import ENGRAM, LORA, MODEL, TinyCase


class Runs(TinyCase):
    def test_a_run_leaves_everything_that_its_documentation_promises(self):
        self.engram("run", self.recipe())
        run = self.folder / "runs/tiny-001"
        for name in ["recipe.lua", "plan.txt", "manifest.json", "events.jsonl", "timing.jsonl", "metrics.csv", "result.json",
                     "log.txt"]:
            self.assertTrue((run / name).exists(), name)
        kinds = [event["event"] for event in self.events("runs/tiny-001")]
        self.assertEqual(kinds[0], "run_started")
        self.assertEqual(kinds[-1], "finished")
        self.assertEqual(kinds.count("step"), 24)
        # The untouched model, step 0, four inside the first epoch, and one after each of two epochs.
        self.assertEqual(kinds.count("evaluation"), 8)

    def test_the_baseline_equals_step_zero_with_lora(self):
        self.engram("run", self.recipe(), "--out", "out")
        baseline, start = [event for event in self.events("out") if event["event"] == "evaluation"][:2]
        self.assertEqual(baseline["metrics"], start["metrics"])

    def test_a_run_never_overwrites_another(self):
        recipe = self.recipe(train="evaluations_in_first_epoch = 0,")
        self.engram("run", recipe, "--set", "train.epochs=1")
        self.engram("run", recipe, "--set", "train.epochs=1")
        self.assertTrue((self.folder / "runs/tiny-002/result.json").exists())
        refused = self.engram("run", recipe, "--out", "runs/tiny-001", expect=3)
        self.assertIn("exists already, and a run never overwrites another", refused.stderr)

    def test_the_same_recipe_gives_the_same_bytes(self):
        for strategies in [LORA, ""]:
            recipe = self.recipe(strategies=strategies)
            for name in ["a", "b"]:
                self.engram("run", recipe, "--out", f"{name}{len(strategies)}")
            first, second = (self.folder / f"{name}{len(strategies)}" for name in "ab")
            self.assertEqual((first / "events.jsonl").read_bytes().replace(str(first).encode(), b""),
                             (second / "events.jsonl").read_bytes().replace(str(second).encode(), b""))
            self.assertEqual((first / "metrics.csv").read_bytes(), (second / "metrics.csv").read_bytes())
            weights = [file for file in (first / "checkpoints/best").iterdir() if file.suffix == ".safetensors"]
            self.assertTrue(weights)
            for file in weights:
                self.assertEqual(file.read_bytes(), (second / "checkpoints/best" / file.name).read_bytes(), file.name)

    def test_a_run_started_from_another_folder_writes_the_same_bytes(self):
        recipe = self.recipe()
        (self.folder / "elsewhere").mkdir()
        self.engram("run", recipe.name, "--out", "a")
        done = subprocess.run([ENGRAM, "run", "../tiny.lua", "--out", "../b"], cwd=self.folder / "elsewhere",
                              env=self.environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("tiny.lua:", (self.folder / "a/events.jsonl").read_text())  # the place of an advice
        for file in ["events.jsonl", "metrics.csv", "checkpoints/best/provenance.json"]:
            self.assertEqual((self.folder / "a" / file).read_bytes(), (self.folder / "b" / file).read_bytes(), file)

    def test_the_command_line_overrides_the_recipe_and_the_manifest_says_so(self):
        self.engram("run", self.recipe(), "--set", "train.epochs=1", "--set", "strategies[1].rank=2", "--out", "out")
        manifest = json.loads((self.folder / "out/manifest.json").read_text())
        self.assertEqual(manifest["recipe"]["train"]["epochs"], 1)
        self.assertEqual(manifest["strategies"][0]["settings"]["rank"], 2)
        self.assertEqual(manifest["overrides"], [["train.epochs", "1"], ["strategies[1].rank", "2"]])

    def test_predict_labels_texts_with_the_best_checkpoint(self):
        for strategies, form in [(LORA, "adapter_config.json"), ("", "config.json")]:
            out = f"out{len(strategies)}"
            self.engram("run", self.recipe(strategies=strategies), "--out", out)
            self.assertTrue((self.folder / out / "checkpoints/best" / form).exists())
            heads = json.loads((self.folder / out / "checkpoints/best/heads.json").read_text())
            self.assertIn("wind", json.dumps(heads))  # the original task's head goes along
            texts = "w5 w6 w7 w8 w9 w10\nw40 w41 w42 w43 w44\n"
            lines = self.engram("predict", out, stdin=texts).stdout.splitlines()
            self.assertEqual(len(lines), 2)
            for line, text in zip(lines, texts.splitlines()):
                label, probability, echoed = line.split("\t")
                self.assertIn(label, ["left", "right"])
                self.assertTrue(0.5 <= float(probability) <= 1)
                self.assertEqual(echoed, text)

    def test_prediction_is_the_evaluation_s(self):
        self.engram("run", self.recipe(), "--out", "out")
        rows = (self.folder / "new_test.csv").read_text().splitlines()[1:]
        texts, labels = zip(*(row.split(",") for row in rows))
        lines = self.engram("predict", "out", "--json", stdin="\n".join(texts)).stdout.splitlines()
        right = sum(json.loads(line)["label"] == label for line, label in zip(lines, labels))
        accuracy = next(row["now"] for row in self.result("out")["rows"]
                        if row["set"] == "new" and row["metric"] == "accuracy")
        self.assertAlmostEqual(right / len(labels), accuracy, places=9)

    def test_prediction_for_pairs_is_the_evaluation_s(self):
        self.engram("run", self.recipe(text=self.pair_recipe()), "--out", "out")
        rows = [row.split(",") for row in (self.folder / "new_test.csv").read_text().splitlines()[1:]]
        stdin = "".join(f"{text}\t{other}\n" for text, other, _ in rows)
        made = [json.loads(line) for line in self.engram("predict", "out", "--json", stdin=stdin).stdout.splitlines()]
        self.assertEqual([(one["text"], one["pair"]) for one in made], [(text, other) for text, other, _ in rows])
        # Of two labels both probabilities are known, and with them the loss. Five places of it are what fp32 can tell.
        losses = [-math.log(one["probability"] if one["label"] == label else 1 - one["probability"])
                  for one, (_, _, label) in zip(made, rows)]
        chosen = self.result("out")["chosen"]["step"]
        scored = next(event["metrics"]["new"] for event in self.events("out")
                      if event["event"] == "evaluation" and event["kind"] != "baseline" and event["step"] == chosen)
        self.assertAlmostEqual(sum(losses) / len(losses), scored["loss"], places=5)

    def test_a_plugin_file_is_for_the_command_line_to_name_and_not_for_a_recipe(self):
        mine = self.folder / "mine"
        mine.mkdir()
        shutil.copy(Path(ENGRAM).parent.parent / "lib/engram/plugins/lora.engram.so", mine)
        recipe = self.recipe(strategies='{ "./mine/lora.engram.so", rank = 4, alpha = 8 }')
        refused = " ".join(self.engram("plan", recipe, expect=3).stderr.split())
        self.assertIn("names the file './mine/lora.engram.so'", refused)
        self.assertIn("run with --plugin ./mine/lora.engram.so", refused)
        recipe = self.recipe(strategies='{ "lora", rank = 4, alpha = 8 }')
        self.engram("run", recipe, "--set", "train.epochs=1", "--out", "out", "--plugin", "./mine/lora.engram.so")
        manifest = json.loads((self.folder / "out/manifest.json").read_text())
        (plugin,) = manifest["plugins"]
        self.assertEqual((plugin["id"], Path(plugin["file"])), ("lora", (mine / "lora.engram.so").resolve()))
        self.assertEqual([seed for seed in manifest["seeds"] if seed.startswith("strategy:")], ["strategy:lora"])

    def test_a_stop_rule_ends_the_run_and_its_reason_is_kept(self):
        rule = 'stop = function(h) return h.evaluations >= 2 and "two were enough" end,'
        self.engram("run", self.recipe(rest=rule), "--out", "out")
        result = self.result("out")
        self.assertEqual(result["ending"], "stop rule")
        self.assertEqual(result["reason"], "two were enough")
        self.assertLess(result["steps_done"], result["steps"])

    def test_without_original_data_drift_is_reported_instead(self):
        text = f'''return {{
          model = "{MODEL}", tasks = {{ side = {{ kind = "classification" }} }}, waive = {{ "original" }},
          data = {{
            train = {{ "new_train.csv", text = "text", label = "label", task = "side", use = "train" }},
            new   = {{ "new_test.csv",  text = "text", label = "label", task = "side", use = "evaluate" }} }},
          train = {{ epochs = 1, batch_size = 8, learning_rate = 5e-3, max_length = 24, threads = 1 }} }}'''
        self.engram("run", self.recipe(text=text.replace("%", "%%")), "--out", "out")
        metrics = {row["metric"]: row["now"] for row in self.result("out")["rows"]}
        self.assertGreater(metrics["drift"], 0)
        self.assertGreater(metrics["kl"], 0)

    def test_a_probe_gives_the_original_task_a_head(self):
        write_probe = self.recipe().read_text().replace(
            'wind = { kind = "classification", head = "from model" }',
            'wind = { kind = "classification", head = { probe = "probe" } }').replace(
            "  data = {\n",
            '  data = {\n    probe = { "original.csv", text = "text", label = "label", task = "wind", use = "strategies" },\n')
        (self.folder / "probe.lua").write_text(write_probe)
        self.engram("run", "probe.lua", "--out", "out")
        baseline = next(event for event in self.events("out") if event["event"] == "evaluation")
        # Random features of a tiny model; the most frequent of the three labels would give at most 0.5.
        self.assertGreater(baseline["metrics"]["original"]["accuracy"], 0.6)

    def test_compare_puts_two_runs_side_by_side(self):
        self.engram("run", self.recipe("careless", strategies=""), "--out", "careless")
        self.engram("run", self.recipe("lora"), "--out", "lora")
        table = self.engram("compare", "careless", "lora").stdout
        self.assertIn("careless", table)
        self.assertIn("lora", table)

    def test_plan_says_what_would_be_done_and_loads_nothing(self):
        text = self.engram("plan", self.recipe()).stdout
        self.assertIn("lora", text)
        self.assertIn("24 (12 per epoch, 2 epochs, 8 examples each)", text)
        self.assertFalse((self.folder / "runs").exists())

    def test_a_recipe_can_come_on_standard_input(self):
        text = self.recipe().read_text()
        self.engram("run", "-", "--out", "out", "--set", "train.epochs=1", stdin=text)
        self.assertEqual((self.folder / "out/recipe.lua").read_text(), text)

    def test_quiet_and_json_output(self):
        recipe = self.recipe()
        quiet = self.engram("run", recipe, "--quiet", "--out", "quiet").stdout
        normal = self.engram("run", recipe, "--out", "normal").stdout
        self.assertLess(len(quiet.splitlines()), len(normal.splitlines()))
        for line in self.engram("run", recipe, "--json", "--out", "json").stdout.splitlines():
            json.loads(line)


if __name__ == "__main__":
    unittest.main()

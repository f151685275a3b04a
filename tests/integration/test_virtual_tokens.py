"""Whole runs of prefix and prompt tuning: from a recipe to predictions."""

import json
import math
import shutil

from tiny import TinyCase

STRATEGIES = {
    "random": '{ "prefix_tuning", tokens = 4 }',
    "network": '{ "prefix_tuning", tokens = 4, mlp = true, mlp_hidden = 8 }',
    "activations": '{ "prefix_tuning", tokens = 4, init = "activations", init_data = "train" }',
    "prompt": '{ "prompt_tuning", tokens = 4, init = "text", init_text = "w7 w40" }',
}


class VirtualTokens(TinyCase):
    def weights(self, out):
        files = sorted((self.folder / out / "checkpoints").glob("step-*/*.safetensors"))
        self.assertTrue(files)
        return [(file.name, file.read_bytes()) for file in files]

    def test_every_kind_trains_and_its_predictions_are_the_evaluation_s(self):
        rows = [row.split(",") for row in (self.folder / "new_test.csv").read_text().splitlines()[1:]]
        for name, strategy in STRATEGIES.items():
            with self.subTest(name):
                recipe = self.recipe(name, strategy)
                # The best checkpoint is kept whatever the original task says.
                recipe.write_text(recipe.read_text().replace("weight = 1", "weight = 0"))
                self.engram("run", recipe, "--out", name)
                best = self.folder / name / "checkpoints/best"
                config = json.loads((best / "adapter_config.json").read_text())
                self.assertEqual(config["peft_type"], "PROMPT_TUNING" if name == "prompt" else "PREFIX_TUNING")
                self.assertEqual((best / "strategies.safetensors").exists(), name == "network")
                stdin = "".join(text + "\n" for text, _ in rows)
                made = [json.loads(line)
                        for line in self.engram("predict", name, "--json", stdin=stdin).stdout.splitlines()]
                losses = [-math.log(one["probability"] if one["label"] == label else 1 - one["probability"])
                          for one, (_, label) in zip(made, rows)]
                chosen = self.result(name)["chosen"]["step"]
                scored = next(event["metrics"]["new"] for event in self.events(name)
                              if event["event"] == "evaluation" and event["kind"] != "baseline"
                              and event["step"] == chosen)
                # Five places of the loss are what fp32 probabilities can tell.
                self.assertAlmostEqual(sum(losses) / len(losses), scored["loss"], places=5)

    def test_the_baseline_is_the_model_without_virtual_tokens(self):
        baselines = set()
        for name, strategy in {**STRATEGIES, "plain": ""}.items():
            self.engram("run", self.recipe(name, strategy), "--set", "train.epochs=1", "--out", name)
            before, start = [event["metrics"]["original"]["loss"] for event in self.events(name)
                             if event["event"] == "evaluation"][:2]
            baselines.add(before)
            self.assertEqual(before == start, name == "plain", name)
        self.assertEqual(len(baselines), 1)

    def test_drift_is_that_of_the_text_s_tokens_alone(self):
        for name in ["random", "prompt"]:
            recipe = self.recipe(name, STRATEGIES[name], rest='waive = { "original" },')
            lines = [line for line in recipe.read_text().splitlines() if "original.csv" not in line]
            recipe.write_text("\n".join(lines).replace("guard = \"original.accuracy\"", "guard = \"new.macro_f1\""))
            self.engram("run", recipe, "--set", "train.epochs=1", "--out", name)
            start, drifted = [event["metrics"]["new"]["drift"] for event in self.events(name)
                              if event["event"] == "evaluation"][:2]
            self.assertEqual(start, 0)
            self.assertGreater(drifted, 1e-4)
            self.assertLess(drifted, 1)

    def test_a_run_that_goes_on_ends_like_one_that_never_stopped(self):
        for name in ["network", "activations", "prompt"]:
            with self.subTest(name):
                recipe = self.recipe(name, STRATEGIES[name], rest="checkpoints = { keep_last = 2 },")
                self.engram("run", recipe, "--out", name)
                shutil.copytree(self.folder / name, self.folder / f"{name}-parts")
                first, second = sorted((self.folder / f"{name}-parts/checkpoints").glob("step-*"))
                shutil.rmtree(second)
                self.engram("run", "--resume", f"{name}-parts")
                self.assertEqual(self.weights(name), self.weights(f"{name}-parts"))

    def test_the_same_recipe_gives_the_same_bytes(self):
        for name in ["random", "prompt"]:
            for out in ["a", "b"]:
                self.engram("run", self.recipe(name, STRATEGIES[name]), "--set", "train.epochs=1", "--out", name + out)
            self.assertEqual(self.weights(name + "a"), self.weights(name + "b"))

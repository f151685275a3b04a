"""`engram inspect`: what every kind of folder is said to be, and what a broken one still tells."""

import json
import shutil
import struct
import unittest

import test_plan
from test_continue import PEFT, VARIANTS, change_first_number, plain, scored_by
from test_plan import pages_in_memory, write_sparse_model
from tiny import LORA, MODEL, TinyCase

# docs/use_a_model.md promises these.
KEYS = {
    "model": {"kind", "folder", "bytes", "architecture", "parameters", "files", "heads", "tokenizer_sha256",
              "tensors_sha256", "carries", "provenance", "faults"},
    "adapter": {"kind", "folder", "bytes", "type", "sites", "virtual_tokens", "biases", "head", "other_heads", "base",
                "parameters", "files", "carries", "provenance", "recipe_entry", "faults"},
    "run": {"kind", "folder", "bytes", "started", "recipe_file", "trained_task", "tasks", "model", "adapter", "versions",
            "strategies", "ending", "reason", "steps_done", "steps", "chosen", "crossover", "rows", "best", "merged",
            "states", "faults"},
    "training_state": {"kind", "folder", "bytes", "format", "step", "accepted", "rate_cut", "seconds", "stopped",
                       "evaluations", "strategies", "parameters", "files", "faults"},
    "grid": {"kind", "folder", "bytes", "recipe_file", "runs", "faults"},
    "chain": {"kind", "folder", "bytes", "runs", "faults"},
}


class Inspecting(TinyCase):
    def inspected(self, path, *options, expect=0):
        return json.loads(self.engram("inspect", path, "--json", *options, expect=expect).stdout)

    def shown(self, path, *options):
        return plain(self.engram("inspect", path, *options).stdout)

    def trained(self, strategies=LORA, out="out", **more):
        self.engram("run", scored_by(self.recipe(strategies=strategies, **more)), "--out", out)
        return self.folder / out / "checkpoints/best"

    def kind(self, found, kind):
        self.assertEqual(found["kind"], kind)
        self.assertEqual(set(found), KEYS[kind])


class Sound(Inspecting):
    def test_how_a_merged_model_was_made_is_told_line_by_line(self):
        self.engram("run", self.recipe("tiny", strategies=LORA), "--out", "tiny")
        self.engram("merge", "tiny", "--into", "merged", "--scale", "0.5")
        lines = self.engram("inspect", "merged").stdout.splitlines()
        at = lines.index("  made            merge")
        told = {line.split()[0]: line.split()[-1] for line in lines[at + 1:]}
        self.assertEqual((told["scale"], told["dtype"]), ("0.5", "fp32"))
        self.assertTrue(all(line.startswith("    ") and "{" not in line for line in lines[at + 1:]))

    def test_a_model_made_by_others(self):
        found = self.inspected(MODEL)
        self.kind(found, "model")
        self.assertEqual(found["architecture"], {"family": "bert", "blocks": 2, "hidden": 32, "attention_heads": 4,
                                                 "vocabulary": 96, "max_positions": 32})
        self.assertEqual(found["heads"], [{"task": None, "labels": ["calm", "stormy", "windy"]}])
        size = sum(file.stat().st_size for file in MODEL.iterdir())
        self.assertEqual(found["bytes"], size)
        counts = found["parameters"]
        block = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32
        self.assertEqual(counts["blocks"], [{"block": 0, "parameters": block}, {"block": 1, "parameters": block}])
        self.assertEqual(counts["parts"], {"heads": 3 * 33, "embeddings": (96 + 32 + 2) * 32 + 64, "pooler": 32 * 33})
        self.assertEqual(counts["total"], 2 * block + sum(counts["parts"].values()))
        self.assertEqual(counts["dtypes"]["F32"]["bytes"], 4 * counts["total"])
        self.assertIsNone(found["tensors_sha256"])
        self.assertEqual(len(self.inspected(MODEL, "--weights")["tensors_sha256"]), 64)
        shown = self.shown(MODEL)
        self.assertIn("architecture bert, 2 blocks, 32 wide", shown)
        self.assertIn(f"blocks 0 to 1: {block:,} each", shown)
        self.assertIn("head without a name: calm, stormy, windy", shown)
        self.assertIn("provenance not recorded", shown)

    def test_a_model_that_a_run_wrote(self):
        found = self.inspected(self.trained(""))
        self.kind(found, "model")
        heads = {head["task"]: head["labels"] for head in found["heads"]}
        self.assertEqual(heads, {"side": ["left", "right"], "wind": ["calm", "stormy", "windy"]})
        self.assertEqual(found["provenance"]["task"], "side")

    def test_adapters_of_every_kind_with_what_goes_on_from_them(self):
        for name, strategies in VARIANTS.items():
            with self.subTest(name):
                out = name.replace(" ", "_")
                best = self.trained(strategies, out)
                found = self.inspected(best)
                self.kind(found, "adapter")
                self.assertEqual(found["head"], {"task": "side", "classes": 2, "labels": ["left", "right"]})
                self.assertEqual(found["other_heads"], [{"task": "wind", "labels": ["calm", "stormy", "windy"]}])
                self.assertEqual(found["base"], {"named": str(MODEL), "found": str(MODEL), "fits": True,
                                                 "match": "not read", "note": None})
                self.assertEqual(self.inspected(best, "--weights")["base"]["match"], "the recorded one")
                self.assertEqual(found["virtual_tokens"], 3 if "pr" in name else None)
                self.assertEqual(bool(found["carries"]), "network" in name)
                self.assertEqual(found["faults"], [])
                going_on = self.recipe("on", strategies=found["recipe_entry"])
                going_on.write_text(going_on.read_text().replace("return {", f'return {{ adapter = "{best}",', 1))
                self.engram("plan", going_on)

    def test_sites_with_ranks_and_scales_of_an_adapter_of_peft(self):
        found = self.inspected(PEFT, "--base", MODEL)
        sites = {site["site"].removeprefix("encoder.layer."): (site["rank"], round(site["scale"], 4), site["dora"])
                 for site in found["sites"]}
        self.assertEqual(sites, {
            "0.attention.self.query": (4, 2.5, True), "0.attention.self.value": (2, 4.2426, True),
            "0.attention.output.dense": (4, 3.0, True), "0.output.dense": (4, 3.0, True),
            "1.attention.self.query": (4, 3.0, True), "1.attention.self.value": (2, 4.2426, True),
            "1.output.dense": (3, 3.4641, True)})
        self.assertEqual(found["head"], {"task": None, "classes": 3, "labels": None})
        self.assertEqual((found["base"]["fits"], found["base"]["match"]), (True, "not recorded"))
        self.assertEqual(found["biases"], 7)
        self.assertIn("3 classes, labels not recorded", self.shown(PEFT, "--base", MODEL))

    def test_an_adapter_without_its_base_is_shown_all_the_same(self):
        lone = self.folder / "lone"
        shutil.copytree(PEFT, lone)
        found = self.inspected(lone)
        self.assertEqual({site["site"]: site["rank"] for site in found["sites"]}["bert.encoder.layer.1.output.dense"], 3)
        self.assertEqual(len(found["sites"]), 7)
        self.assertEqual(found["base"]["named"], "tests/golden/losses/model")
        self.assertIsNone(found["base"]["found"])
        self.assertIn("which is not there", found["base"]["note"])
        self.assertIsNone(found["recipe_entry"])

    def test_a_base_that_is_another_model_is_told(self):
        best = self.trained()
        other = self.folder / "other"
        shutil.copytree(MODEL, other)
        change_first_number(other / "model.safetensors")
        self.assertEqual(self.inspected(best, "--base", other, "--weights")["base"]["match"], "another model")
        text = (other / "tokenizer.json").read_text()
        (other / "tokenizer.json").write_text(text + " ")
        self.assertEqual(self.inspected(best, "--base", other)["base"]["match"], "another tokenizer")

    def test_a_run_with_its_checkpoints(self):
        self.trained()
        found = self.inspected("out")
        self.kind(found, "run")
        result = self.result("out")
        self.assertEqual((found["ending"], found["steps_done"], found["chosen"]), ("all steps", 24, result["chosen"]))
        self.assertEqual(len(found["rows"]), len(result["rows"]))
        self.assertEqual(found["best"]["kind"], "adapter")
        self.assertIsNone(found["merged"])
        self.assertEqual([state["step"] for state in found["states"]], [12, 24])
        self.kind(dict(found["states"][0], faults=[]), "training_state")
        shown = self.shown("out")
        self.assertIn("ending all steps, step 24 of 24", shown)
        self.assertIn("training state", shown)
        self.assertIn("sites rank 4, scale 2, at 4: encoder.layer.*.attention.self.query (0, 1), encoder.layer.*.attention.self.value (0, 1)", shown)

    def test_a_training_state(self):
        self.trained()
        state = next((self.folder / "out/checkpoints").glob("step-*"))
        found = self.inspected(state)
        self.kind(found, "training_state")
        self.assertEqual((found["step"], found["accepted"], found["strategies"]), (24, True, ["lora"]))
        self.assertIn("step 24", self.shown(state))

    def test_a_run_that_has_not_ended(self):
        self.trained()
        (self.folder / "out/result.json").unlink()
        self.assertIsNone(self.inspected("out")["ending"])
        self.assertIn("ending none: it is still going, or was ended by force", self.shown("out"))

    def test_a_grid_and_a_chain(self):
        recipe = self.recipe(train="evaluations_in_first_epoch = 0,")
        text = recipe.read_text().replace("learning_rate = 5e-3", "learning_rate = p.rate")
        (self.folder / "grid.lua").write_text(
            text.replace("return {", "return require('engram').grid { over = { rate = { 1e-3, 2e-3 } }, "
                         "recipe = function(p) return {", 1) + "end }\n")
        self.engram("run", self.folder / "grid.lua", "--out", "grid")
        found = self.inspected("grid")
        self.kind(found, "grid")
        self.assertEqual([run["ending"] for run in found["runs"]], ["all steps"] * 2)
        self.assertRegex(self.shown("grid"), "rate=[0-9.e-]+ all steps, score")
        second = self.recipe("second")
        second.write_text(second.read_text().replace('side = { kind = "classification" }',
                                                     'side = { kind = "classification", head = "from model" }'))
        self.engram("run", scored_by(self.recipe("first")), second, "--out", "chain")
        found = self.inspected("chain")
        self.kind(found, "chain")
        self.assertEqual([run["folder"] for run in found["runs"]], ["1-first", "2-second"])
        self.assertEqual(self.inspected("chain/1-first")["merged"]["kind"], "model")

    def test_what_training_went_on_from(self):
        before = self.trained()
        recipe = scored_by(self.recipe("second"))
        recipe.write_text(recipe.read_text().replace("return {", f'return {{ adapter = "{before}",', 1))
        self.engram("run", recipe, "--out", "on")
        self.assertEqual(self.inspected("on")["best"]["provenance"]["adapter"]["folder"], str(before))
        self.assertIn(f"went on from {before}", self.shown("on"))


class Broken(Inspecting):
    def faulty(self, path, *options):
        """What is found, and all that is said to be wrong; on standard error as well."""
        found = self.inspected(path, *options, expect=3)
        done = self.engram("inspect", path, *options, expect=3)
        self.assertTrue(found["faults"])
        for fault in found["faults"]:
            self.assertIn(plain(fault["what"]), plain(done.stderr))
        self.assertTrue(done.stdout.startswith(found["kind"].replace("_", " ")))
        return found, " ".join(fault["what"] for fault in found["faults"])

    def test_nothing_and_something_else_are_refused(self):
        self.assertIn("there is neither a folder", self.engram("inspect", "nowhere", expect=3).stderr)
        (self.folder / "empty").mkdir()
        self.assertIn("is no model, adapter or run", self.engram("inspect", "empty", expect=3).stderr)

    def test_a_truncated_model_still_shows_its_config_s_companions(self):
        model = self.folder / "model"
        shutil.copytree(MODEL, model)
        data = (model / "model.safetensors").read_bytes()
        (model / "model.safetensors").write_bytes(data[:-100])
        found, wrong = self.faulty(model)
        self.kind(found, "model")
        self.assertIsNone(found["architecture"])
        self.assertEqual(found["files"], [{"file": "model.safetensors", "bytes": len(data) - 100}])
        self.assertEqual(len(found["tokenizer_sha256"]), 64)

    def test_a_missing_tensor_leaves_the_others_counted(self):
        model = self.folder / "model"
        shutil.copytree(MODEL, model)
        data = (model / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = data[8:8 + length].replace(b"pooler.dense.bias", b"pooler.dense.bios")
        (model / "model.safetensors").write_bytes(data[:8] + header + data[8 + length:])
        found, wrong = self.faulty(model)
        self.assertIn("pooler.dense.bias", wrong)
        self.assertEqual(found["parameters"]["total"], self.inspected(MODEL)["parameters"]["total"])

    def test_an_adapter_that_does_not_fit_its_base(self):
        other = self.folder / "other"
        write_sparse_model(other, 128, 2, 256)
        found, wrong = self.faulty(PEFT, "--base", other)
        self.assertEqual(found["base"]["fits"], False)
        self.assertEqual(len(found["sites"]), 7)

    def test_labels_that_do_not_fit_the_head_are_told(self):
        file = self.trained() / "provenance.json"
        provenance = json.loads(file.read_text())
        provenance["labels"].append("neither")
        file.write_text(json.dumps(provenance))
        found, wrong = self.faulty(file.parent)
        self.assertIn("the head has 2 classes, and provenance.json names 3 labels for it", " ".join(wrong.split()))
        self.assertEqual(found["head"]["classes"], 2)

    def test_a_truncated_adapter_still_shows_its_config_and_base(self):
        best = self.trained()
        file = best / "adapter_model.safetensors"
        file.write_bytes(file.read_bytes()[:-1])
        found, wrong = self.faulty(best)
        self.assertEqual((found["type"], found["base"]["named"]), ("LORA", str(MODEL)))
        self.assertEqual(found["provenance"]["task"], "side")
        found, wrong = self.faulty("out")
        self.assertEqual(found["ending"], "all steps")

    def test_broken_records_of_a_run_leave_the_rest(self):
        self.trained()
        (self.folder / "out/result.json").write_text('{ "rows": 3 }')
        (self.folder / "out/checkpoints/best/provenance.json").write_text("{")
        state = next((self.folder / "out/checkpoints").glob("step-*"))
        tensors = state / "training_state.safetensors"
        tensors.write_bytes(tensors.read_bytes()[:50])
        found, wrong = self.faulty("out")
        broken = {"result.json", "provenance.json", "training_state.safetensors"}
        self.assertEqual({fault["where"].split("/")[-1] for fault in found["faults"]}, broken, wrong)
        self.assertEqual(found["strategies"], ["lora"])
        self.assertEqual(len(found["best"]["sites"]), 4)


class SevenBillion(Inspecting):
    LIMITS = test_plan.SevenBillion
    best_of_three = LIMITS.best_of_three

    def test_a_model_is_inspected_from_its_headers(self):
        parameters = write_sparse_model(self.folder / "large", hidden=4096, layers=34, wide=16384)
        weights = self.folder / "large/model.safetensors"
        started, _, _ = self.best_of_three("plugins", "list")
        used, waited, text = self.best_of_three("inspect", "large", "--json")
        self.assertEqual(json.loads(text)["parameters"]["total"], parameters)
        print(f"\ninspection of {parameters:,} parameters: {used:.2f} s of the processor, {waited:.2f} s in all")
        self.assertLess(used, self.LIMITS.SECONDS + max(0, started - self.LIMITS.START))
        self.assertLess(pages_in_memory(weights), 16_000_000)


if __name__ == "__main__":
    unittest.main()

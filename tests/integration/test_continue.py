"""Training that goes on from an adapter, made by engram or by peft."""

import hashlib
import json
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest

from tiny import ENGRAM, LORA, MODEL, SOURCE, TinyCase, tensors, write_rows

# Nothing moves: what comes out is what went in.
STILL = "schedule = function(s) return 0 end,"
VARIANTS = {
    "lora": LORA,
    "everything": '{ "lora", rank = 4, alpha = 6, rslora = true, dora = true, bias = "lora_only", '
                  'targets = { "query", "output.dense" }, exclude = { "1.attention.output.dense" }, '
                  'rank_pattern = { query = 2 }, alpha_pattern = { ["0.attention.self.query"] = 5 } }',
    "all biases": '{ "lora", rank = 2, alpha = 4, layers = { 1 }, bias = "all" }',
    "prefix": '{ "prefix_tuning", tokens = 3 }',
    "prefix by a network": '{ "prefix_tuning", tokens = 3, mlp = true, mlp_hidden = 16 }',
    "prompt": '{ "prompt_tuning", tokens = 3 }',
}
PEFT_ADAPTERS = SOURCE / "tests/golden/peft_adapters"
PEFT = PEFT_ADAPTERS / "dora"
TIDE = """
return {
  model = "%(model)s", adapter = "%(adapter)s",
  tasks = { wind = { kind = "classification", head = "from model" },
            tide = { kind = "classification"%(labels)s } },
  data = {
    train    = { "tide_train.csv", text = "text", label = "label", task = "tide", use = "train" },
    new      = { "tide_test.csv",  text = "text", label = "label", task = "tide", use = "evaluate" },
    original = { "original.csv",   text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
  },
  strategies = { %(strategies)s },
  train = { epochs = 1, batch_size = 8, learning_rate = 5e-3, max_length = 24, threads = 1, dropout = 0 },
  schedule = function(s) return %(factor)s end,
  score = function(m) return m.new.accuracy end,
}
"""


def change_first_number(file):
    """Of a model folder that of an embedding: the head, which comes last, does not count."""
    data = bytearray(file.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    data[8 + length + 3] ^= 1
    file.write_bytes(data)


def as_float(tensor):
    """fp32 bytes of a tensor: bf16 is its upper half."""
    dtype, shape, data = tensor
    if dtype == "BF16":
        data = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2))
    return shape, data


def in_a_class_with_a_head(key):
    """The name in BertForSequenceClassification of a tensor that peft saved from a BertModel."""
    return re.sub(r"^base_model\.model\.(?!bert\.)", "base_model.model.bert.", key)


def plain(text):
    return " ".join(text.split())


def scored_by(recipe, body="-m.new.loss"):
    """The recipe with another score. By the loss a trained checkpoint is kept, however few its steps."""
    lines = [f"  score = function(m) return {body} end," if line.startswith("  score") else line
             for line in recipe.read_text().splitlines()]
    recipe.write_text("\n".join(lines) + "\n")
    return recipe


class Continuing(TinyCase):
    def first(self, strategies=LORA, out="first", name="first", **more):
        self.engram("run", scored_by(self.recipe(name, strategies=strategies, **more)), "--out", out)
        return self.folder / out / "checkpoints/best"

    def going_on(self, adapter, strategies=LORA, name="second", rest="", **more):
        recipe = scored_by(self.recipe(name, strategies=strategies, rest=rest, **more))
        text = recipe.read_text().replace("return {", f'return {{\n  adapter = "{adapter}",', 1)
        if "schedule = function" in rest:
            text = "\n".join(line for line in text.splitlines() if not line.startswith("  schedule = schedule."))
        recipe.write_text(text)
        return recipe

    def tide(self, strategies, adapter=PEFT, factor="0", labels="", model=MODEL):
        write_rows(self.folder / "tide_train.csv", ["ebb", "flood", "slack"], 40, 4)
        write_rows(self.folder / "tide_test.csv", ["ebb", "flood", "slack"], 16, 5)
        file = self.folder / "tide.lua"
        file.write_text(TIDE % {"model": model, "adapter": adapter, "strategies": strategies, "factor": factor,
                                "labels": labels})
        return file

    def evaluations(self, run):
        return [event for event in self.events(run) if event["event"] == "evaluation"]

    def refusal(self, recipe, command="plan"):
        return plain(self.engram(command, recipe, expect=3).stderr)


class GoesOn(Continuing):
    def test_the_first_step_finds_the_model_that_was_kept(self):
        for name, strategies in VARIANTS.items():
            with self.subTest(name):
                out = name.replace(" ", "_")
                self.first(strategies, out)
                chosen = self.result(out)["chosen"]["step"]
                kept = next(e for e in self.evaluations(out) if e["kind"] == "during" and e["step"] == chosen)
                self.engram("run", self.going_on(out, strategies), "--out", out + "_on")
                untouched, start = self.evaluations(out + "_on")[:2]
                self.assertEqual((untouched["kind"], start["step"]), ("baseline", 0))
                for split, metrics in kept["metrics"].items():
                    for metric, value in metrics.items():
                        self.assertAlmostEqual(start["metrics"][split][metric], value, places=5, msg=f"{split}.{metric}")
                self.assertEqual(untouched["metrics"], self.evaluations(out)[0]["metrics"])
                self.assertNotEqual(untouched["metrics"]["new"], start["metrics"]["new"])

    def test_at_a_rate_of_zero_the_adapter_comes_out_bit_for_bit(self):
        for name, strategies in VARIANTS.items():
            with self.subTest(name):
                out = name.replace(" ", "_")
                before = self.first(strategies, out)
                self.engram("run", self.going_on(before, strategies, rest=STILL), "--out", out + "_on")
                after = self.folder / (out + "_on") / "checkpoints/best"
                files = {file.name for file in before.iterdir()}
                self.assertEqual(files, {file.name for file in after.iterdir()})
                for file in files - {"provenance.json", "evaluation.json", "SHA256SUMS"}:
                    self.assertEqual((before / file).read_bytes(), (after / file).read_bytes(), file)
                self.assertEqual("network" in name, "strategies.safetensors" in files)

    def test_it_learns_on(self):
        self.first()
        self.engram("run", self.going_on("first"), "--out", "on")
        start = self.evaluations("on")[1]
        loss = next(row["now"] for row in self.result("on")["rows"] if (row["set"], row["metric"]) == ("new", "loss"))
        self.assertGreater(self.result("on")["chosen"]["step"], 0)
        self.assertLess(loss, start["metrics"]["new"]["loss"])

    def test_records_name_the_adapter_and_its_files(self):
        before = self.first()
        self.engram("run", self.going_on("first"), "--out", "on")
        recorded = json.loads((self.folder / "on/manifest.json").read_text())["adapter"]
        self.assertEqual((recorded["folder"], recorded["base"]), (str(before), "recorded"))
        for name, digits in recorded["sha256"].items():
            self.assertEqual(hashlib.sha256((before / name).read_bytes()).hexdigest(), digits, name)
        self.assertLessEqual({"adapter_config.json", "adapter_model.safetensors"}, set(recorded["sha256"]))
        provenance = json.loads((self.folder / "on/checkpoints/best/provenance.json").read_text())
        self.assertEqual(provenance["adapter"], recorded)
        self.assertIsNone(json.loads((before / "provenance.json").read_text())["adapter"])

    def test_what_it_went_on_from_is_kept_when_nothing_is_better(self):
        before = self.first()
        recipe = scored_by(self.going_on(before), "m.new.loss < 0 and 1 or 0")
        self.engram("run", recipe, "--out", "on")
        self.assertEqual(self.result("on")["chosen"]["step"], 0)
        self.assertEqual(self.result("on")["chosen"]["folder"], "checkpoints/best")
        kept = self.folder / "on/checkpoints/best/adapter_model.safetensors"
        self.assertEqual(tensors(kept), tensors(before / "adapter_model.safetensors"))

    def test_a_prefix_goes_on_without_its_network_and_says_so(self):
        before = self.first(VARIANTS["prefix by a network"])
        recipe = self.going_on(before, VARIANTS["prefix"], rest=STILL)
        self.assertIn("the network that made the adapter's virtual tokens is left behind",
                      plain(self.engram("plan", recipe).stdout))
        self.engram("run", recipe, "--out", "on")
        after = self.folder / "on/checkpoints/best"
        self.assertEqual(tensors(after / "adapter_model.safetensors"), tensors(before / "adapter_model.safetensors"))
        self.assertFalse((after / "strategies.safetensors").exists())

    def test_a_grid_and_a_chain_go_on_from_it(self):
        before = self.first()
        recipe = self.going_on(before)
        text = recipe.read_text().replace("learning_rate = 5e-3", "learning_rate = p.rate")
        text = text.replace("return {", "return require('engram').grid { over = { rate = { 1e-3, 2e-3 } }, "
                            "recipe = function(p) return {", 1)
        (self.folder / "grid.lua").write_text(text + "end }\n")
        self.engram("run", self.folder / "grid.lua", "--out", "grid")
        points = list((self.folder / "grid").glob("*/manifest.json"))
        self.assertEqual(len(points), 2)
        for point in points:
            manifest = json.loads(point.read_text())
            self.assertEqual(manifest["adapter"]["folder"], str(before))
        plain_second = self.recipe("third")
        text = plain_second.read_text().replace('side = { kind = "classification" }',
                                                'side = { kind = "classification", head = "from model" }')
        plain_second.write_text(text)
        self.engram("run", recipe, plain_second, "--out", "chain")
        merged = self.folder / "chain/1-second/checkpoints/merged"
        manifest = json.loads((self.folder / "chain/2-third/manifest.json").read_text())
        self.assertEqual(manifest["model"]["folder"], str(merged))
        self.assertIsNone(manifest["adapter"])

    def test_a_resumed_run_ends_like_one_that_was_never_stopped(self):
        for name in ["everything", "prefix by a network"]:
            with self.subTest(name):
                out = name.replace(" ", "_")
                before = self.first(VARIANTS[name], out)
                recipe = self.going_on(before, VARIANTS[name], train="evaluations_in_first_epoch = 2,")
                recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 20"))
                straight, stopped = out + "_straight", out + "_stopped"
                self.engram("run", recipe, "--out", straight)
                process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", stopped], cwd=self.folder,
                                           env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                events = self.folder / stopped / "events.jsonl"
                deadline = time.monotonic() + 60
                while time.monotonic() < deadline and process.poll() is None:
                    if events.exists() and '"step":30' in events.read_text():
                        break
                    time.sleep(0.005)
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, 5)
                kept = before / "adapter_model.safetensors"
                whole = kept.read_bytes()
                kept.write_bytes(whole[:-4] + b"\0\0\0\1")
                sums = (before / "SHA256SUMS").read_bytes()
                self.assertIn("adapter_model.safetensors: is damaged",
                              plain(self.engram("run", "--resume", stopped, expect=3).stderr))
                (before / "SHA256SUMS").unlink()
                refused = plain(self.engram("run", "--resume", stopped, expect=3).stderr)
                self.assertIn("the run cannot go on: the adapter that it went on from has changed since it began", refused)
                kept.write_bytes(whole)
                (before / "SHA256SUMS").write_bytes(sums)
                self.engram("run", "--resume", stopped)
                self.assertEqual(self.result(straight)["rows"], self.result(stopped)["rows"])
                best = "checkpoints/best/adapter_model.safetensors"
                self.assertEqual((self.folder / straight / best).read_bytes(), (self.folder / stopped / best).read_bytes())


class Peft(Continuing):
    OWN = ('{ "lora", rank = 4, alpha = 6, rslora = true, dora = true, bias = "lora_only", '
           'targets = { "query", "value", "output.dense" }, exclude = { "1.attention.output.dense" }, '
           'rank_pattern = { value = 2, ["1.output.dense"] = 3 }, alpha_pattern = { ["0.attention.self.query"] = 5 } }')

    def test_an_adapter_of_peft_comes_out_bit_for_bit(self):
        planned = plain(self.engram("plan", self.tide(self.OWN)).stdout)
        self.assertIn("has no provenance.json, so that it was trained on", planned)
        self.assertIn("they are taken for ebb, flood, slack, in this order", planned)
        self.engram("run", self.tide(self.OWN), "--out", "on")
        after = self.folder / "on/checkpoints/best"
        self.assertEqual(tensors(after / "adapter_model.safetensors"), tensors(PEFT / "adapter_model.safetensors"))
        manifest = json.loads((self.folder / "on/manifest.json").read_text())
        self.assertEqual(manifest["adapter"]["base"], "unknown")

    def test_the_refusal_spells_the_options_under_which_it_is_accepted(self):
        for name in ["dora", "all_linear", "expression", "prefix", "prefix_network", "prompt", "half", "features",
                     "no_task", "prefix_features"]:
            with self.subTest(name):
                adapter = PEFT_ADAPTERS / name
                refused = self.refusal(self.tide('{ "lora", rank = 7, targets = { "value", "pooler.dense" } }', adapter))
                entry = re.search(r"write strategies = \{ (\{ \".*\}) \}$", refused).group(1)
                self.engram("run", self.tide(entry, adapter), "--out", name)
                after = tensors(self.folder / name / "checkpoints/best/adapter_model.safetensors")
                self.assertEqual({key: as_float(value) for key, value in after.items() if "classifier" not in key},
                                 {in_a_class_with_a_head(key): as_float(value)
                                  for key, value in tensors(adapter / "adapter_model.safetensors").items()
                                  if "classifier" not in key})

    def test_an_adapter_without_a_head_begins_with_a_fresh_one(self):
        recipe = self.tide('{ "lora", rank = 2, alpha = 5, targets = { "query" } }', PEFT_ADAPTERS / "no_task")
        self.assertIn("it holds no head, so that of tide begins as the recipe says", plain(self.engram("plan", recipe).stdout))

    def test_modules_that_were_saved_whole_have_to_train(self):
        recipe = self.tide('{ "lora", rank = 2, targets = { "key", "dense" }, layers = { 1 } }', PEFT_ADAPTERS / "layers")
        self.assertIn("trained values of pooler.dense", self.refusal(recipe))

    def test_classes_are_compared_by_number_where_their_labels_are_not_recorded(self):
        recipe = self.going_on(PEFT, self.OWN)
        self.assertIn("the adapter's head has 3 classes, and tasks.side has 2 labels: left, right", self.refusal(recipe))


class Refused(Continuing):
    def setUp(self):
        super().setUp()
        self.adapter = self.first()

    def test_every_difference_is_told_at_once_at_the_recipe_s_line(self):
        recipe = self.going_on(self.adapter, '{ "lora", rank = 8, alpha = 8, dora = true, targets = { "query", "key" } }')
        refused = self.refusal(recipe)
        self.assertIn("rank 4 in the adapter and 8 in the recipe at encoder.layer.0.attention.self.query, "
                      "encoder.layer.1.attention.self.query", refused)
        self.assertIn("DoRA in the recipe and not in the adapter", refused)
        self.assertIn("2 sites of the adapter, encoder.layer.0.attention.self.value", refused)
        self.assertIn("the recipe adapts 2 sites more, encoder.layer.0.attention.self.key", refused)
        self.assertIn('write strategies = { { "lora", rank = 4, alpha = 8, dropout = 0.1, targets = { "query", "value" } } }', refused)
        line = recipe.read_text()[:recipe.read_text().index("adapter =")].count("\n") + 1
        self.assertIn(f"{recipe}:{line}", refused)

    def test_another_scale_is_refused(self):
        self.assertIn("the scale 2 in the adapter and 4 in the recipe",
                      self.refusal(self.going_on(self.adapter, LORA.replace("alpha = 8", "alpha = 16"))))

    def test_equal_scales_are_one_however_they_are_worded(self):
        self.engram("plan", self.going_on(self.adapter, LORA.replace("alpha = 8", "alpha = 4, rslora = true")))

    def test_another_kind_is_refused(self):
        refused = self.refusal(self.going_on(self.adapter, VARIANTS["prefix"]))
        self.assertIn("low-rank updates of 4 sites, and it plans a prefix", refused)
        self.assertIn("'prefix_tuning' trains 4 tensors of its own that the adapter, LORA, does not have", refused)
        prompt = self.first(VARIANTS["prompt"], "prompt")
        self.assertIn('a prompt of 3 virtual tokens', self.refusal(self.going_on(prompt, LORA)))

    def test_a_second_strategy_that_trains_its_own_tensors_is_refused(self):
        self.assertIn("'prompt_tuning' trains 1 tensor of its own that the adapter, LORA, does not have",
                      self.refusal(self.going_on(self.adapter, LORA + ", " + VARIANTS["prompt"])))

    def test_biases_have_to_train(self):
        biased = self.first(VARIANTS["all biases"], "biased")
        refused = self.refusal(self.going_on(biased, '{ "lora", rank = 2, alpha = 4, layers = { 1 } }'))
        self.assertIn("trained values of", refused)
        self.assertIn('layers = { 1 }, bias = "all"', refused)

    def test_numbers_of_virtual_tokens_are_compared(self):
        for kind in ["prefix", "prompt"]:
            trained = self.first(VARIANTS[kind], kind)
            refused = self.refusal(self.going_on(trained, VARIANTS[kind].replace("3", "5")))
            self.assertIn(f"a {kind} of 3 virtual tokens in the adapter, and 5 in the recipe", refused)
            self.assertIn(f'{{ "{kind}_tuning", tokens = 3 }}', refused)

    def test_a_network_that_is_not_there_is_refused(self):
        trained = self.first(VARIANTS["prefix"], "prefix")
        refused = self.refusal(self.going_on(trained, VARIANTS["prefix by a network"]))
        self.assertIn("a network makes its virtual tokens, and the adapter holds none", refused)
        made = self.first(VARIANTS["prefix by a network"], "made")
        wider = VARIANTS["prefix by a network"].replace("16", "24")
        self.assertIn("beside the adapter, and in the recipe (24, 32)", self.refusal(self.going_on(made, wider)))

    def test_a_network_of_another_adapter_is_refused(self):
        network = VARIANTS["prefix by a network"]
        made = self.first(network, "made")
        change_first_number(made / "strategies.safetensors")
        (made / "SHA256SUMS").unlink()
        self.assertIn("does not make the adapter's own virtual tokens",
                      self.refusal(self.going_on(made, network), "run"))

    def test_labels_in_another_order_are_refused(self):
        recipe = self.going_on(self.adapter)
        recipe.write_text(recipe.read_text().replace('side = { kind = "classification" }',
                                                     'side = { kind = "classification", labels = { "right", "left" } }'))
        self.assertIn("the adapter's head has the labels left, right, in this order, and tasks.side has right, left",
                      self.refusal(recipe))

    def test_another_model_is_refused_with_both_named_and_waived_by_name(self):
        other = self.folder / "other"
        shutil.copytree(MODEL, other)
        change_first_number(other / "model.safetensors")
        recipe = self.going_on(self.adapter)
        recipe.write_text(recipe.read_text().replace(f'model = "{MODEL}"', f'model = "{other}"'))
        refused = self.refusal(recipe, "run")
        self.assertIn("the adapter was trained on another model:", refused)
        self.assertIn(str(MODEL), refused)
        self.assertIn(f"({other})", refused)
        self.assertFalse((self.folder / "runs").exists() and any((self.folder / "runs").iterdir()))
        recipe.write_text(recipe.read_text().replace("return {", 'return {\n  waive = { "adapter_base" },', 1))
        told = plain(self.engram("run", recipe, "--out", "forced").stdout)
        self.assertIn("; waived", told)
        manifest = json.loads((self.folder / "forced/manifest.json").read_text())
        self.assertEqual(manifest["adapter"]["base"], "other")
        provenance = json.loads((self.folder / "forced/checkpoints/best/provenance.json").read_text())
        self.assertEqual(provenance["adapter"]["base"], "other")

    def test_a_folder_that_holds_no_adapter_is_refused(self):
        self.assertIn("there is neither a folder", self.refusal(self.going_on("nowhere")))
        refused = self.refusal(self.going_on(MODEL))
        self.assertIn("holds a whole model and no adapter", refused)
        self.first("", "whole")
        self.assertIn("go on from it as a model", self.refusal(self.going_on("whole")))
        state = next((self.folder / "first/checkpoints").glob("step-*"))
        self.assertIn("is a training state", self.refusal(self.going_on(state)))

    def test_values_that_are_not_finite_are_refused(self):
        file = self.adapter / "adapter_model.safetensors"
        data = file.read_bytes()
        file.write_bytes(data[:-4] + struct.pack("<f", float("nan")))
        (self.adapter / "SHA256SUMS").unlink()
        self.assertIn("holds values that are not finite", self.refusal(self.going_on(self.adapter), "run"))
        self.assertFalse((self.folder / "runs").exists() and any((self.folder / "runs").iterdir()))

    def test_a_plan_reads_no_weights(self):
        planned = json.loads(self.engram("plan", self.going_on(self.adapter), "--json").stdout)
        self.assertEqual(planned["adapter"], {"folder": str(self.adapter), "type": "LORA"})
        text = self.engram("plan", self.going_on(self.adapter)).stdout
        self.assertIn("goes on from", text)
        self.assertIn("2 labels, head from the adapter", text)


if __name__ == "__main__":
    unittest.main()

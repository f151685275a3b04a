"""engram merge and engram unmerge, as a user runs them: what is written, what is checked, what is refused."""

import json
import shutil
import struct
import subprocess
import unittest

from tiny import LORA, MODEL, SOURCE, TinyCase, other_weights

PEERS = SOURCE / ".deps/peers/bin/python"

LOGITS = """
import json, sys
import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification as Auto
base, adapter, merged = sys.argv[1:]
ids = torch.tensor([[2, 7, 9, 11, 3], [2, 50, 60, 61, 3], [2, 33, 35, 40, 41]])
model, info = Auto.from_pretrained(merged, output_loading_info=True)
assert not info["missing_keys"] and not info["unexpected_keys"], info
wrapped = PeftModel.from_pretrained(Auto.from_pretrained(base, num_labels=2, ignore_mismatched_sizes=True), adapter)
with torch.no_grad():
    difference = (model.eval()(ids).logits.float() - wrapped.eval()(ids).logits).abs().max().item()
print(json.dumps({"difference": difference, "dtype": str(model.dtype), "labels": model.config.id2label}))
"""


def tensors(folder, name="model.safetensors"):
    """Name -> (dtype, bytes) of a safetensors file."""
    data = (folder / name).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    begin = 8 + length
    return {key: (entry["dtype"], data[begin + entry["data_offsets"][0]:begin + entry["data_offsets"][1]])
            for key, entry in header.items()}


class Merge(TinyCase):
    def setUp(self):
        super().setUp()
        self.base = self.folder / "base"
        shutil.copytree(MODEL, self.base)

    def run_with(self, strategies=LORA, name="tiny", rest=""):
        recipe = self.recipe(name, strategies=strategies, rest=rest)
        recipe.write_text(recipe.read_text().replace(str(MODEL), str(self.base)))
        self.engram("run", recipe, "--out", name)
        return self.folder / name

    def merge(self, *arguments, expect=0):
        done = self.engram("merge", *arguments, "--json", expect=expect)
        return json.loads(done.stdout)

    def refused(self, *arguments, command="merge"):
        before = sorted(self.folder.rglob("*"))
        text = self.engram(command, *arguments, expect=3).stderr
        self.assertEqual(sorted(self.folder.rglob("*")), before, "something was left behind")
        return " ".join(text.split())

    def other_base(self):
        return other_weights(self.base, self.folder / "other")

    def test_a_merged_run_computes_and_scores_what_its_adapter_does(self):
        run = self.run_with()
        told = self.merge(run, "--into", "merged")
        self.assertLess(told["largest_difference"], 1e-5)
        self.assertEqual(told["tolerance"], 1e-4)
        self.assertEqual((told["probes"], told["probes_from"]), (64, "the evaluation texts of the run"))
        self.assertEqual(told["heads"], ["side: as trained", "wind: the base's own"])
        self.assertEqual(told["rounding"]["largest"], 0)
        self.assertEqual(told["other_answers"], {"new": 0, "original": 0})
        result = {(row["set"], row["metric"]): row["now"] for row in self.result("tiny")["rows"]}
        self.assertEqual({(score["set"], score["metric"]) for score in told["scores"]}, set(result))
        for score in told["scores"]:
            self.assertIsNone(score["as_trained"])
            self.assertAlmostEqual(score["computed"], result[score["set"], score["metric"]], places=5)
            self.assertAlmostEqual(score["as_stored"], score["computed"], places=5)
        texts = "w7 w9 w11\nw50 w60 w61\n"
        labels = [[line.split("\t")[0] for line in self.engram("predict", path, stdin=texts).stdout.splitlines()]
                  for path in [run, "merged"]]
        self.assertEqual(*labels)

    def test_the_merged_folder_says_what_it_was_made_from(self):
        run = self.run_with()
        told = self.merge(run, "--into", "merged", "--scale", "0.5")
        trained = json.loads((run / "checkpoints/best/provenance.json").read_text())
        merged = json.loads((self.folder / "merged/provenance.json").read_text())
        made = merged.pop("made")
        self.assertEqual({key: trained[key] for key in merged if key != "base"},
                         {key: merged[key] for key in merged if key != "base"})
        self.assertEqual(merged["base"], str(self.base))
        self.assertEqual((made["command"], made["scale"], made["interpolate"], made["dtype"]), ("merge", 0.5, 1, "fp32"))
        self.assertEqual(made["from"], str(run / "checkpoints/best"))
        self.assertEqual((made["largest_difference"], made["forced"]), (told["largest_difference"], False))
        self.assertEqual(len(made["from_sha256"]), 64)

    @unittest.skipUnless(PEERS.exists(), "needs transformers and peft")
    def test_transformers_reads_the_merged_folder_to_the_logits_of_peft(self):
        run = self.run_with('{ "lora", rank = 4, alpha = 8, dora = true, bias = "lora_only" }')
        for dtype, tolerance in [("fp32", 2e-5), ("bf16", 0.2)]:
            self.merge(run, "--into", f"merged-{dtype}", "--dtype", dtype)
            done = subprocess.run(
                [PEERS, "-c", LOGITS, self.base, run / "checkpoints/best", self.folder / f"merged-{dtype}"],
                capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout.splitlines()[-1])
            self.assertLess(told["difference"], tolerance)
            self.assertEqual(told["labels"], {"0": "left", "1": "right"})
            self.assertEqual(told["dtype"], {"fp32": "torch.float32", "bf16": "torch.bfloat16"}[dtype])

    def test_prefixes_and_prompts_are_refused_with_the_reason(self):
        for strategy, reason in [("prefix_tuning", "a prefix adds keys and values of its own"),
                                 ("prompt_tuning", "a prompt adds tokens of its own")]:
            run = self.run_with(f'{{ "{strategy}", tokens = 4 }}', strategy,
                                "score = function(m) return -m.new.loss end")
            text = self.refused(run, "--into", "merged")
            self.assertIn(reason, text)
            self.assertIn("in front of every text, which no weight of the model can hold, so it cannot be merged", text)
            self.assertIn("fix: use the adapter as it is, beside its base: engram predict, or peft's PeftModel", text)

    def test_an_adapter_of_peft_is_merged_on_trust(self):
        done = self.engram("merge", SOURCE / "tests/golden/peft_adapters/dora", "--base", self.base, "--into", "merged",
                           "--json")
        told = json.loads(done.stdout)
        self.assertLess(told["largest_difference"], 1e-5)
        self.assertIn("no provenance.json is beside it", done.stderr)
        provenance = json.loads((self.folder / "merged/provenance.json").read_text())
        self.assertEqual((provenance["base"], provenance["labels"]), (str(self.base), ["calm", "stormy", "windy"]))
        self.assertEqual(provenance["made"]["command"], "merge")

    def test_a_folder_that_is_not_empty_is_never_written_into(self):
        run = self.run_with()
        (self.folder / "full").mkdir()
        (self.folder / "full/note.txt").write_text("mine")
        text = self.refused(run, "--into", "full")
        self.assertIn("full: is not empty, and nothing is ever overwritten fix: name a new folder with --into", text)
        self.assertIn("note.txt: is a file", self.refused(run, "--into", "full/note.txt"))
        (self.folder / "empty").mkdir()
        self.merge(run, "--into", "empty")
        self.assertTrue((self.folder / "empty/model.safetensors").exists())
        self.assertIn("--into is empty", self.refused(run, "--into", ""))
        (self.folder / "link").symlink_to("nowhere")
        self.assertIn("link: is a link to nothing", self.refused(run, "--into", "link"))

    def test_a_folder_may_be_named_with_a_slash_at_its_end(self):
        run = self.run_with()
        self.merge(run, "--into", "merged/", "--keep-original")
        (self.folder / "back").mkdir()
        self.engram("unmerge", "merged/", "--into", "back/")
        for folder in ["merged", "back"]:
            self.assertTrue((self.folder / folder / "model.safetensors").exists())
        self.assertEqual([path.name for path in self.folder.rglob("*.new-*")], [])

    def test_amounts_that_are_no_finite_numbers_are_wrong_usage(self):
        for option, value in [("--scale", "nan"), ("--scale", "inf"), ("--tolerance", "nan"), ("--interpolate", "nan")]:
            text = self.engram("merge", "run", "--into", "merged", option, value, expect=2).stderr
            self.assertIn(f"{option}: '{value}' is no finite number", text)

    def test_another_base_is_refused_and_forcing_it_is_recorded(self):
        run = self.run_with()
        other = self.other_base()
        text = self.refused(run, "--into", "merged", "--base", other)
        self.assertIn("was trained on another model", text)
        self.assertIn(str(other), text)
        self.assertIn(str(self.base), text)
        told = self.merge(run, "--into", "merged", "--base", other, "--force")
        self.assertTrue(told["forced"])
        provenance = json.loads((self.folder / "merged/provenance.json").read_text())
        trained = json.loads((run / "checkpoints/best/provenance.json").read_text())
        self.assertTrue(provenance["made"]["forced"])
        self.assertEqual(provenance["made"]["trained_on_tensors_sha256"], trained["base_tensors_sha256"])
        self.assertNotEqual(provenance["base_tensors_sha256"], trained["base_tensors_sha256"])

    def test_a_difference_above_the_tolerance_is_refused_and_leaves_nothing(self):
        run = self.run_with()
        text = self.refused(run, "--into", "merged", "--dtype", "bf16", "--tolerance", "1e-7")
        self.assertIn("merged: the merged model does not compute what it was made from: the largest difference of a "
                      "logit over 64 texts (the evaluation texts of the run) is", text)
        self.assertIn("and the tolerance 1e-07; nothing was written", text)
        self.assertIn("fix: use --dtype fp32, or --tolerance if that much is good enough", text)

    def test_weights_are_stored_in_the_dtype_that_was_asked_for_and_their_rounding_is_told(self):
        run = self.run_with()
        rounding = {}
        for dtype, stored, word in [("bf16", "BF16", "bfloat16"), ("fp16", "F16", "float16")]:
            told = self.merge(run, "--into", dtype, "--dtype", dtype)
            rounding[dtype] = told["rounding"]
            self.assertEqual({entry[0] for entry in tensors(self.folder / dtype).values()}, {stored})
            self.assertEqual(json.loads((self.folder / dtype / "config.json").read_text())["dtype"], word)
            self.assertGreater(told["largest_difference"], 0)
        self.assertGreater(rounding["bf16"]["largest"], rounding["fp16"]["largest"])
        self.assertGreater(rounding["bf16"]["vanished"], rounding["fp16"]["vanished"])
        self.assertEqual(rounding["bf16"]["changed"], rounding["fp16"]["changed"])

    def test_unmerge_gives_the_base_back_bit_for_bit(self):
        run = self.run_with()
        for dtype in ["fp32", "bf16"]:
            told = self.merge(run, "--into", f"m-{dtype}", "--dtype", dtype, "--keep-original")
            self.assertGreater(told["original_bytes"], 0)
            back = self.folder / f"back-{dtype}"
            unmerged = json.loads(self.engram("unmerge", f"m-{dtype}", "--into", back, "--json").stdout)
            provenance = json.loads((self.folder / f"m-{dtype}/provenance.json").read_text())
            self.assertEqual(unmerged["tensors_sha256"], provenance["base_tensors_sha256"])
            before, after = tensors(self.base), tensors(back)
            self.assertEqual({name: value for name, value in before.items() if "position_ids" not in name}, after)
            self.assertEqual((back / "config.json").read_bytes(), (self.base / "config.json").read_bytes())
        # Of the merge in fp32 only what LoRA changed: query and value of two layers; and the base's head.
        kept = tensors(self.folder / "m-fp32", "unmerged.safetensors")
        self.assertEqual(len([name for name in kept if name.startswith("encoder.")]), 4)

    def test_without_originals_unmerge_is_refused_and_says_where_the_base_is(self):
        run = self.run_with()
        self.merge(run, "--into", "merged")
        text = self.refused("merged", "--into", "back", command="unmerge")
        self.assertIn("merged: holds no original values, so back cannot be written; the base that it was merged from "
                      f"lies unchanged at {self.base} fix: use {self.base}, or merge again with --keep-original", text)
        shutil.copyfile(self.other_base() / "model.safetensors", self.base / "model.safetensors")
        text = self.refused("merged", "--into", "back", command="unmerge")
        self.assertIn("so back cannot be written; the base that it was merged from has other weights now", text)
        self.assertIn("fix: merge again with --keep-original to be able to unmerge", text)
        shutil.rmtree(self.base)
        self.assertIn("is gone", self.refused("merged", "--into", "back", command="unmerge"))

    def test_unmerge_refuses_what_merge_did_not_write_and_folders_that_were_changed(self):
        text = self.refused(self.base, "--into", "back", command="unmerge")
        self.assertIn("is no folder that engram merge wrote allowed: a model folder whose provenance.json says that it "
                      "was merged", text)
        run = self.run_with()
        self.merge(run, "--into", "merged", "--keep-original")
        other_weights(self.folder / "merged", self.folder / "changed", "bert.encoder.layer.0.attention.self.key.weight")
        text = self.refused("changed", "--into", "back", command="unmerge")
        self.assertIn("changed/model.safetensors: is damaged: SHA256SUMS says", text)
        (self.folder / "changed/SHA256SUMS").unlink()
        text = self.refused("changed", "--into", "back", command="unmerge")
        self.assertIn("its unmerged.safetensors does not give back the base that provenance.json names", text)
        (self.folder / "merged/SHA256SUMS").unlink()
        file = self.folder / "merged/provenance.json"
        provenance = json.loads(file.read_text())
        provenance["made"]["command"] = 5
        file.write_text(json.dumps(provenance))
        self.assertIn("is no folder that engram merge wrote", self.refused("merged", "--into", "back", command="unmerge"))

    def test_a_whole_model_is_interpolated_with_its_base(self):
        run = self.run_with("", "full")
        best = run / "checkpoints/best"
        text = self.refused(run, "--into", "merged")
        self.assertIn("is a whole model already, so there is nothing to merge fix: use it as it is, or ask for a point "
                      "between it and its base with --interpolate, or for another --dtype", text)
        self.merge(run, "--into", "none", "--interpolate", "0")
        base, none = tensors(self.base), tensors(self.folder / "none")
        self.assertEqual({name: none[name] for name in none if not name.startswith("classifier.")},
                         {name: base[name] for name in none if not name.startswith("classifier.")})
        told = self.merge(run, "--into", "half", "--interpolate", "0.5")
        self.assertEqual(told["heads"],
                         ["side: as trained: the base has no head with its labels to interpolate with",
                          "wind: the base's own"])
        half, trained = tensors(self.folder / "half"), tensors(best)
        name = "bert.encoder.layer.0.attention.self.query.weight"
        values = [struct.unpack_from("<8f", entry[name][1]) for entry in (base, half, trained)]
        for before, middle, after in zip(*values):
            self.assertAlmostEqual(middle, (before + after) / 2, places=6)
        shutil.rmtree(self.base)
        text = self.refused(run, "--into", "other", "--interpolate", "0.5")
        self.assertIn("the model that it was trained from is not there any more", text)

    def test_the_head_that_the_base_has_is_interpolated_too(self):
        recipe = self.folder / "same.lua"
        recipe.write_text(f"""return {{
          model = "{self.base}",
          tasks = {{ wind = {{ kind = "classification", head = "from model" }} }},
          data = {{ train = {{ "original.csv", text = "text", label = "label", task = "wind", use = "train" }},
                   dev = {{ "original.csv", text = "text", label = "label", task = "wind", use = "evaluate" }} }},
          strategies = {{ {LORA} }}, waive = {{ "original" }},
          train = {{ epochs = 1, batch_size = 8, learning_rate = 5e-3, max_length = 24, threads = 1 }},
        }}""")
        self.engram("run", recipe, "--out", "same")
        told = self.merge("same", "--into", "half", "--interpolate", "0.5")
        self.assertEqual(told["heads"], ["wind: interpolated"])
        heads = [struct.unpack_from("<4f", tensors(folder)["classifier.weight"][1])
                 for folder in (self.base, self.folder / "half")]
        trained = struct.unpack_from("<4f", tensors(self.folder / "same/checkpoints/best", "adapter_model.safetensors")[
            "base_model.model.classifier.weight"][1])
        for before, middle, after in zip(*heads, trained):
            self.assertAlmostEqual(middle, (before + after) / 2, places=6)

    def test_without_the_runs_data_engrams_own_sentences_are_the_probes(self):
        run = self.run_with()
        (self.folder / "original.csv").write_text("text,label\nw5 w6,calm\n")
        done = self.engram("merge", run, "--into", "a", "--json")
        told = json.loads(done.stdout)
        self.assertEqual((told["probes"], told["probes_from"], told["scores"]), (16, "engram's own sentences", []))
        self.assertIn("no set is scored again:", done.stderr)
        self.assertIn("original.csv: the file of data.original has changed", " ".join(done.stderr.split()))
        self.assertIn("the file of data.original has changed since the run", done.stderr)
        (self.folder / "probe.txt").write_text("w5 w6\n\nw70 w71 w72\n")
        told = self.merge(run, "--into", "b", "--probe", "probe.txt")
        self.assertEqual((told["probes"], told["probes_from"]), (2, "probe.txt"))
        told = self.merge(run / "checkpoints/best", "--into", "c", "--data", "new_test.csv", "--text", "text", "--label",
                          "label")
        self.assertEqual((told["probes"], told["probes_from"]), (32, "new_test.csv"))
        self.assertEqual({score["set"] for score in told["scores"]}, {"new_test"})
        self.assertIn("probe.txt: holds no texts", self.refused_with_empty_probe(run))

    def refused_with_empty_probe(self, run):
        (self.folder / "probe.txt").write_text("\n")
        return self.refused(run, "--into", "d", "--probe", "probe.txt")

    def test_the_text_says_what_was_done_and_how_it_was_checked(self):
        run = self.run_with()
        text = self.engram("merge", run, "--into", "merged", "--dtype", "bf16", "--keep-original").stdout
        for words in ["the LORA adapter of", "weights move by", "vanish (", "largest difference of a logit",
                      "unmerged.safetensors", "computed  as stored   change  other answers", "macro F1"]:
            self.assertIn(words, text)
        self.assertNotIn("as trained  computed", text)

    def test_a_point_on_the_way_is_scored_beside_what_was_trained(self):
        for name, strategies in [("lora", LORA), ("full", "")]:
            run = self.run_with(strategies, name)
            result = {(row["set"], row["metric"]): row["now"] for row in self.result(name)["rows"]}
            amounts = [["--interpolate", "0"]] + ([["--scale", "-3"]] if name == "lora" else [])
            for number, amount in enumerate(amounts):
                told = self.merge(run, "--into", f"{name}-{number}", *amount)
                moved = 0
                for score in told["scores"]:
                    self.assertAlmostEqual(score["as_trained"], result[score["set"], score["metric"]], places=5)
                    self.assertAlmostEqual(score["as_stored"], score["computed"], places=5)
                    moved = max(moved, abs(score["as_stored"] - score["as_trained"]))
                self.assertGreater(moved, 1e-3)
            text = self.engram("merge", run, "--into", f"{name}-text", "--interpolate", "0.5").stdout
            self.assertIn("as trained  computed  as stored   change  other answers", text)


if __name__ == "__main__":
    unittest.main()

"""Model folders and run folders that mean harm or are damaged: an error at once, and nothing outside the folder."""

import json
import os
import shutil
import struct
import unittest

from predict_case import PEFT, PredictCase
from tiny import MODEL


class HostileFiles(PredictCase):
    def model(self, name="model"):
        folder = self.folder / name
        shutil.copytree(MODEL, folder)
        return folder

    def changed(self, file, change):
        """Writes a JSON file anew, and takes the checksums of its folder away."""
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))
        (file.parent / "SHA256SUMS").unlink(missing_ok=True)

    def test_what_is_no_file_is_refused_at_once_wherever_it_stands(self):
        for name in ["model.safetensors", "config.json", "tokenizer.json"]:
            for kind, make in [("pipe", os.mkfifo), ("device", lambda file: os.symlink("/dev/zero", file))]:
                folder = self.model(f"{kind}-{name}")
                (folder / name).unlink()
                make(folder / name)
                self.assertIn(f"{folder.name}/{name}: cannot be read: it is no regular file",
                              self.refused(folder.name, stdin="w5\n"))

    def test_links_that_lead_to_themselves_are_refused(self):
        for name in ["model.safetensors", "config.json", "tokenizer.json"]:
            folder = self.model(f"loop-{name}")
            (folder / name).unlink()
            os.symlink(name, folder / name)
            self.assertIn("oo many levels of symbolic links", self.refused(folder.name, stdin="w5\n"))

    def test_an_index_names_no_file_outside_its_folder(self):
        folder = self.model()
        (folder / "model.safetensors").rename(self.folder / "outside.safetensors")
        for name in ["../outside.safetensors", str(self.folder / "outside.safetensors")]:
            (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
            self.assertIn(f"puts tensor 'a' into \"{name}\" allowed: the name of a .safetensors file in the same folder",
                          self.refused("model", stdin="w5\n"))

    def test_sizes_that_no_file_backs_cost_no_memory(self):
        folder = self.model()
        for key, value, allowed in [("num_hidden_layers", 2**31, "1 to 1,000"), ("num_labels", 2**31, "1 to 65,536")]:
            shutil.copy(MODEL / "config.json", folder)
            self.changed(folder / "config.json", lambda config: config.update({key: value}))
            self.assertIn(f"{key} is {value} allowed: a whole number from {allowed}", self.refused("model", stdin="w5\n"))
        header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
        shutil.copy(MODEL / "config.json", folder)
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
        self.assertIn("and the file holds 0 (is the file cut short?)", self.refused("model", stdin="w5\n"))

    def test_a_tokenizer_that_knows_more_words_than_the_model_is_named(self):
        folder = self.model()
        self.changed(folder / "tokenizer.json", lambda json: json["model"]["vocab"].update(w5=10**6))
        expected = "gives the token id 1000000 and the type id 0, and the model knows"
        self.assertIn("tokenizer.json " + expected, self.refused("model", stdin="w5\n"))
        rows = self.csv_file("some.csv", [["text", "label"], ["w5", "calm"]])
        refused = self.engram("eval", "model", "--data", rows, "--text", "text", "--label", "label", expect=3)
        self.assertIn(f"{rows} " + expected, " ".join(refused.stderr.split()))

    def test_a_model_that_is_cut_short_while_it_is_used_is_named(self):
        folder = self.model()
        process = self.started("model", "--batch-size", "1")
        process.stdin.write(b"w5\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.readline())
        os.truncate(folder / "model.safetensors", 100)
        text = process.communicate(b"w6\n")[1].decode()
        self.assertEqual(process.returncode, 6)
        self.assertIn(f"engram: {folder.resolve()}/model.safetensors: could not be read any more", text)

    def test_config_that_nests_deeply_is_refused(self):
        folder = self.model()
        (folder / "config.json").write_text('{"model_type": "bert", "x": ' + "[" * 100_000 + "]" * 100_000 + "}")
        self.assertIn("config.json: nests more than 200 levels deep", self.refused("model", stdin="w5\n"))

    def test_labels_break_no_line_and_steer_no_terminal(self):
        folder = self.model()
        labels = ["calm\nsea", "wind\ty", "red\x1b[31m\u00e9"]
        (folder / "heads.json").unlink(missing_ok=True)
        self.changed(folder / "config.json", lambda config: config.update(
            id2label={str(i): label for i, label in enumerate(labels)},
            label2id={label: i for i, label in enumerate(labels)}))
        shown = {"calm sea", "wind y", "red [31m\u00e9"}
        text = self.engram("predict", "model", stdin="w5\nw40\nw70\nw9\n").stdout
        lines = text.splitlines()
        self.assertEqual([len(line.split("\t")) for line in lines], [3, 3, 3, 3])
        self.assertLessEqual({line.split("\t")[0] for line in lines}, shown)
        self.assertLessEqual({row["label"] for row in self.rows("model", stdin="w5\nw40\n")}, set(labels))

    def test_lines_without_text_are_told(self):
        done = self.engram("predict", MODEL, stdin="w5\n\n \nw6\n\n")
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertIn("engram: note: 3 lines hold no text and got no answer", " ".join(done.stderr.split()))
        self.assertNotIn("no text", self.engram("predict", MODEL, stdin="w5\nw6\n").stderr)

    def test_a_length_without_room_for_text_is_the_provenances_fault(self):
        best = self.folder / "side/checkpoints/best"
        for length in [1, 2]:
            self.changed(best / "provenance.json", lambda json, length=length: json.update(max_length=length))
            self.assertIn(f"best/provenance.json: max_length is {length}, which leaves no room for text beside 2 special "
                          "tokens allowed: 3 and above", self.refused("side", stdin="w5\n"))

    def test_labels_that_were_swapped_in_a_provenance_are_refused_by_the_checksums(self):
        file = self.folder / "side/checkpoints/best/provenance.json"
        content = json.loads(file.read_text())
        content["labels"].reverse()
        file.write_text(json.dumps(content))
        self.assertIn("provenance.json: is damaged: SHA256SUMS says", self.refused("side", stdin="w5\n"))

    def test_a_manifest_that_is_broken_or_says_the_impossible_is_named(self):
        manifest = self.folder / "side/manifest.json"
        manifest.write_text("{")
        text = self.refused("side", stdin="w5\n")
        self.assertIn("side/manifest.json: is not valid JSON", text)
        self.assertIn("a copy of side/checkpoints/best that lies elsewhere is used without one", text)
        shutil.copytree(self.folder / "side/checkpoints/best", self.folder / "elsewhere")
        self.assertEqual(len(self.rows("elsewhere", stdin="w5\n")), 1)
        shutil.rmtree(self.folder / "side")  # that was trained on rows which are gone
        self.engram("run", self.recipe(), "--out", "side")
        whole = manifest.read_text()
        for size in [0, -1, 2**40]:
            manifest.write_text(whole)
            self.changed(manifest, lambda json, size=size: json["recipe"]["train"].update(evaluation_batch_size=size))
            text = " ".join(self.engram("eval", "side", expect=3).stderr.split())
            self.assertIn(f"side/manifest.json: recipe.train.evaluation_batch_size is {size} allowed: 1 to 65536", text)

    def test_a_chain_names_no_run_outside_its_folder(self):
        link = {"recipe_file": "r.lua", "recipe_sha256": "0", "overrides": [], "folder": "../side"}
        (self.folder / "chain").mkdir()
        (self.folder / "chain/chain.json").write_text(json.dumps({"format": 1, "links": [link]}))
        for arguments in [("run", "--resume", "chain"), ("inspect", "chain")]:
            told = self.engram(*arguments, expect=3)
            self.assertIn('chain/chain.json: names a run\'s folder "../side"', " ".join((told.stderr + told.stdout).split()))

    def test_a_seed_of_the_bootstrap_is_no_negative_number(self):
        self.assertIn("--seed", self.engram("eval", "side", "--seed", "-1", expect=2).stderr)

    def test_unmerge_writes_not_into_what_it_reads_and_copies_nothing_from_outside(self):
        self.engram("merge", "side", "--into", "merged", "--keep-original")
        text = self.refused_by("unmerge", "merged", "--into", "merged/sub")
        self.assertIn("merged/sub: lies in merged, which is what it is made from", text)
        secret = self.folder / "secret.txt"
        secret.write_text("secret")
        os.symlink(secret, self.folder / "merged/notes.txt")
        text = self.refused_by("unmerge", "merged", "--into", "back")
        self.assertIn(f"merged/notes.txt: is a link that leaves its folder: it leads to {secret}", text)
        (self.folder / "merged/notes.txt").unlink()
        file = self.folder / "merged/tokenizer.json"
        file.write_text(file.read_text() + " ")
        (self.folder / "merged/SHA256SUMS").unlink()
        text = self.refused_by("unmerge", "merged", "--into", "back")
        self.assertIn("merged: its tokenizer.json is not that of the base that provenance.json names", text)
        self.assertFalse((self.folder / "back").exists())

    def refused_by(self, *arguments):
        return " ".join(self.engram(*arguments, expect=3).stderr.split())

    def test_an_adapter_that_is_a_pipe_is_refused(self):
        shutil.copytree(PEFT, self.folder / "adapter")
        for name in ["adapter_config.json", "adapter_model.safetensors"]:
            (self.folder / "adapter" / name).unlink()
            os.mkfifo(self.folder / "adapter" / name)
            self.assertIn(f"{name}: cannot be read: it is no regular file",
                          self.refused("adapter", "--base", MODEL, stdin="w5\n"))
            (self.folder / "adapter" / name).unlink()
            shutil.copy(PEFT / name, self.folder / "adapter")


if __name__ == "__main__":
    unittest.main()

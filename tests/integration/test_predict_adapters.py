"""Several adapters over one base, whose base an adapter is, and whose head is read."""

import csv
import io
import json
import math
import shutil
import unittest
from pathlib import Path

from predict_case import PEFT, TEXTS, PredictCase
from tiny import MODEL, SOURCE


class SeveralAdapters(PredictCase):
    def test_rows_choose_an_adapter_and_come_in_their_order(self):
        names = ["one", "base", "two", "", "one"]
        file = self.csv_file("a.csv", [["text", "adapter"]] +
                             [[text, name] for text in TEXTS for name in names])
        mixed = self.rows(MODEL, "--adapter", "one=side", "--adapter", "two=other", "--file", file)
        self.assertEqual([row["adapter"] for row in mixed], [name or "base" for name in names] * len(TEXTS))
        stdin = "\n".join(text for text in TEXTS for _ in names)
        alone = {"one": self.rows("side", stdin=stdin), "two": self.rows("other", stdin=stdin),
                 "base": self.rows(MODEL, stdin=stdin)}
        for i, row in enumerate(mixed):
            expected = alone[row["adapter"]][i]
            self.assertEqual((row["text"], row["label"]), (expected["text"], expected["label"]))
            self.assertEqual(list(row["probabilities"]), list(expected["probabilities"]))
            for label, probability in row["probabilities"].items():
                self.assertAlmostEqual(probability, expected["probabilities"][label], places=5)

    def test_eleven_adapters_by_peft_over_one_base_give_peft_s_probabilities_and_leave_the_base_as_it_was(self):
        """Low-rank, DoRA, trained biases and pooler, prefixes, a prompt, adapters without a head: rows are mixed."""
        folders = sorted(PEFT.parent.iterdir())
        self.assertGreaterEqual(len(folders), 11)
        examples = json.loads((SOURCE / "tests/golden/losses/losses.json").read_text())["examples"][:8]
        texts = [" ".join(f"w{token}" for token in example["ids"][1:-1]) for example in examples]
        rows = [(text, name) for text in texts for name in ["base", *[folder.name for folder in folders], "base"]]
        file = self.csv_file("a.csv", [["text", "adapter"], *rows])
        named = [word for folder in folders for word in ("--adapter", f"{folder.name}={folder}")]
        # One text a batch: what else is in a batch moves the last bit.
        made = self.rows(MODEL, *named, "--file", file, "--batch-size", "1")
        self.assertEqual([(row["text"], row["adapter"]) for row in made], rows)
        logits = {folder.name: json.loads((folder / "logits.json").read_text()) for folder in folders}
        for i, row in enumerate(made):
            if row["adapter"] == "base":
                continue
            powers = [math.exp(value) for value in logits[row["adapter"]][i // (len(folders) + 2)]]
            for value, power in zip(row["probabilities"].values(), powers):
                self.assertAlmostEqual(value, power / sum(powers), delta=1e-5, msg=row["adapter"])
        alone = self.rows(MODEL, "--batch-size", "1", stdin="".join(text + "\n" for text in texts for _ in "ab"))
        self.assertEqual([row["probabilities"] for row in made if row["adapter"] == "base"],
                         [row["probabilities"] for row in alone])

    def test_one_adapter_of_several_labels_all_rows(self):
        over = [MODEL, "--adapter", "one=side", "--adapter", "two=other"]
        stdin = "\n".join(TEXTS)
        for name, alone in [("one", "side"), ("two", "other"), ("base", MODEL)]:
            made = self.rows(*over, "--use", name, stdin=stdin)
            self.assertEqual(list(map(self.rounded, made)), list(map(self.rounded, self.rows(alone, stdin=stdin))))
        self.assertEqual([row["adapter"] for row in self.rows("side", "--adapter", "two=other", stdin="w5\n")],
                         ["side"])

    def test_the_adapter_of_path_is_called_as_its_run_or_folder(self):
        file = self.csv_file("a.csv", [["text", "adapter"], ["w5", "side"], ["w5", "two"]])
        for path in ["side", "side/checkpoints/best", "./side/"]:
            rows = self.rows(path, "--adapter", "two=other", "--file", file)
            self.assertEqual([row["adapter"] for row in rows], ["side", "two"])
        theirs = [PEFT, "--base", MODEL, "--adapter", "two=other", "--use", "dora"]
        self.assertEqual(self.rows(*theirs, stdin="w5\n")[0]["adapter"], "dora")
        self.assertIn("allowed: base, side, two", self.refused("side", "--adapter", "two=other", "--use", "x", stdin=""))

    def test_what_is_to_be_known_of_many_adapters_is_said_once(self):
        named = [word for i in range(6) for word in ("--adapter", f"n{i}={PEFT}")]
        told = self.engram("predict", MODEL, *named, stdin="w5\n").stderr
        self.assertRegex(told, r"^engram: note: each of n0, n1, n2, 3 more: no provenance.json is beside it: [^\n]*; "
                               r"its labels are [^\n]*\n$")

    def test_a_table_of_several_heads_has_a_column_for_every_class(self):
        file = self.csv_file("a.csv", [["text", "adapter"], ["w5", "one"], ["w5", ""]])
        told = self.engram("predict", MODEL, "--adapter", "one=side", "--file", file, "--out", "csv").stdout
        first, second = csv.DictReader(io.StringIO(told))
        labels = {"left", "right"}
        of_base = {name[2:] for name in first if name.startswith("p_")} - labels
        self.assertEqual(len(of_base), 3)
        self.assertTrue(all(first["p_" + label] and not second["p_" + label] for label in labels))
        self.assertTrue(all(second["p_" + label] and not first["p_" + label] for label in of_base))

    def test_names_that_nobody_has_are_told_with_their_lines(self):
        file = self.csv_file("a.csv", [["text", "adapter"], ["w5", "on"], ["w5", "one"], ["w5", "three"]])
        text = self.refused(MODEL, "--adapter", "one=side", "--file", file)
        self.assertIn("a.csv:2, column 'adapter': there is no adapter 'on'; did you mean 'one'? allowed: base, one fix: "
                      "name it with --adapter on=PATH", text)
        self.assertIn("a.csv:4, column 'adapter': there is no adapter 'three'", text)
        self.assertNotIn("a.csv:3", text)
        self.assertIn("--use: there is no adapter 'won'", self.refused(MODEL, "--adapter", "one=side", "--use", "won"))
        text = self.refused(MODEL, "--adapter", "one=side", "--adapter", "one=other", "--adapter", "base=other")
        self.assertIn("--adapter one=other: the name 'one' is taken", text)
        self.assertIn("--adapter base=other: the name 'base' is taken", text)

    def test_a_column_that_is_not_read_is_noted_once(self):
        file = self.csv_file("a.csv", [["text", "adapter"], ["w5", "one"], ["w5", "two"]])
        told = self.engram("predict", "side", "--file", file).stderr
        self.assertEqual(told, "engram: note: the column 'adapter' is not read: no adapter is named with --adapter\n")

    def test_a_whole_model_is_no_adapter(self):
        self.assertIn(f"{MODEL}: is a whole model, and an adapter is wanted here",
                      self.refused(MODEL, "--adapter", f"one={MODEL}"))
        self.assertIn(f"{MODEL}: is a whole model, which is put on no other",
                      self.refused(MODEL, "--base", MODEL))


class Bases(PredictCase):
    def base(self, name="moved"):
        shutil.copytree(MODEL, self.folder / name)
        return self.folder / name

    def damaged(self):
        """The base with one weight changed by a bit."""
        folder = self.base("damaged")
        data = bytearray((folder / "model.safetensors").read_bytes())
        data[-1] ^= 1
        data[len(data) // 2] ^= 1
        (folder / "model.safetensors").write_bytes(data)
        return folder

    def test_the_same_base_elsewhere_is_the_same_base(self):
        stdin = "\n".join(TEXTS)
        self.assertEqual(self.rows("side", "--base", self.base(), stdin=stdin), self.rows("side", stdin=stdin))

    def test_another_base_is_refused_with_both_sides_and_forced_use_is_on_record(self):
        folder = self.damaged()
        for arguments in [["side", "--base", folder], [folder, "--adapter", "one=side"]]:
            text = self.refused(*arguments, stdin="w5\n")
            self.assertRegex(text, r"best: the adapter was trained on another model: [0-9a-f]{12} \(\S*losses/model\), "
                                   r"and here is [0-9a-f]{12} \(\S*damaged\) fix: name that model "
                                   r"with --base, or use --force if the difference is wanted")
        done = self.engram("predict", "side", "--base", folder, "--force", "--json", stdin="w5\n")
        self.assertRegex(done.stderr, r"^engram: note: side: the adapter was trained on another model: "
                                      r".*; forced\n$")
        self.assertIs(json.loads(done.stdout)["forced"], True)
        self.assertNotIn("forced", self.rows("side", stdin="w5\n")[0])

    def test_another_tokenizer_is_refused_with_both_sides(self):
        folder = self.base()
        (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + "\n")
        text = self.refused("side", "--base", folder, stdin="w5\n")
        self.assertRegex(text, r"the adapter was trained on another tokenizer: [0-9a-f]{12} \(\S*losses/model\), and "
                               r"here is [0-9a-f]{12} \(\S*moved\)")
        self.assertNotIn("another model", text)

    def test_labels_that_do_not_fit_the_head_are_refused(self):
        file = self.folder / "side/checkpoints/best/provenance.json"
        written = json.loads(file.read_text())
        written["labels"].append("up")
        file.write_text(json.dumps(written))
        self.assertIn("provenance.json: is damaged: SHA256SUMS says", self.refused("side", stdin="w5\n"))
        file.with_name("SHA256SUMS").unlink()
        self.assertIn("the head has 2 classes, and provenance.json names 3 labels for it: left, right, up",
                      self.refused("side", stdin="w5\n"))

    def test_a_whole_model_whose_labels_were_changed_is_refused(self):
        self.engram("run", self.recipe(strategies=""), "--out", "whole")
        file = self.folder / "whole/checkpoints/best/provenance.json"
        written = json.loads(file.read_text())
        file.write_text(json.dumps(dict(written, labels=written["labels"][::-1])))
        self.assertIn("provenance.json: is damaged: SHA256SUMS says", self.refused("whole", stdin="w5\n"))
        file.with_name("SHA256SUMS").unlink()
        self.assertIn("the head 'side' has the labels left, right, and provenance.json says right, left",
                      self.refused("whole", stdin="w5\n"))

    def test_what_holds_no_model_is_named_for_what_it_is(self):
        (self.folder / "grid").mkdir()
        (self.folder / "grid/grid.json").write_text("{}")
        self.assertIn("grid: holds several runs fix: name the folder of one of them", self.refused("grid", stdin=""))
        (self.folder / "state").mkdir()
        (self.folder / "state/training_state.json").write_text("{}")
        self.assertIn("state: is a training state, which only engram run --resume reads",
                      self.refused("state", stdin=""))

    def test_an_adapter_of_peft_is_taken_on_trust_and_that_is_said_once(self):
        done = self.engram("predict", MODEL, "--adapter", f"theirs={PEFT}", "--use", "theirs", stdin="w5\nw6\n")
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertEqual(done.stderr.count("no provenance.json is beside it: that it was trained on"), 1)
        self.assertIn("its labels are", done.stderr)

    def test_a_relative_base_is_looked_for_from_here_and_beside_the_adapter(self):
        shutil.copytree(PEFT, self.folder / "theirs/adapter")
        config = self.folder / "theirs/adapter/adapter_config.json"
        config.write_text(json.dumps(dict(json.loads(config.read_text()), base_model_name_or_path="base")))
        text = self.refused("theirs/adapter", stdin="w5\n")
        self.assertIn(f"the adapter belongs to the model 'base', which is not there; tried base, "
                      f"{self.folder}/theirs/base, {self.folder}/base and the Hugging Face cache ", text)
        self.assertIn("fix: name the model's folder with --base, or fetch it: engram pull base", text)
        shutil.copytree(MODEL, self.folder / "theirs/base")
        self.assertEqual(len(self.rows("theirs/adapter", stdin="w5\n")), 1)


class Heads(PredictCase):
    def trunk(self):
        """The base without its head."""
        shutil.copytree(MODEL, self.folder / "trunk")
        weights = self.folder / "trunk/model.safetensors"
        data = weights.read_bytes()
        size = int.from_bytes(data[:8], "little")
        kept, tensors = {}, b""
        for name, entry in json.loads(data[8:8 + size]).items():
            if name == "__metadata__" or name.startswith("classifier."):
                continue
            begin, end = entry["data_offsets"]
            kept[name] = dict(entry, data_offsets=[len(tensors), len(tensors) + end - begin])
            tensors += data[8 + size + begin:8 + size + end]
        header = json.dumps(kept).encode()
        header += b" " * (-len(header) % 8)
        weights.write_bytes(len(header).to_bytes(8, "little") + header + tensors)
        config = self.folder / "trunk/config.json"
        written = json.loads(config.read_text())
        config.write_text(json.dumps(dict(written, architectures=["BertModel"])))
        return "trunk"

    def test_a_base_without_a_head_labels_with_adapters_alone(self):
        trunk = self.trunk()
        self.assertIn("trunk: has no head that could label a text", self.refused(trunk, stdin="w5\n"))
        self.assertEqual(self.rows(trunk, "--adapter", "one=side", "--use", "one", stdin="w5\n")[0]["probabilities"],
                         self.rows("side", stdin="w5\n")[0]["probabilities"])
        for arguments, place in [(["--use", "base"], "--use"), ([], "standard input:1")]:
            self.assertIn(f"{place}: the base has no head of its own that could label a text allowed: one fix: name an "
                          "adapter with --use, or in the rows' column 'adapter'",
                          self.refused(trunk, "--adapter", "one=side", *arguments, stdin="w5\n"))
        file = self.csv_file("a.csv", [["text", "adapter"], ["w5", "one"], ["w5", ""]])
        self.assertIn("a.csv:3, column 'adapter': the base has no head of its own that could label a text allowed: one",
                      self.refused(trunk, "--adapter", "one=side", "--file", file))
        self.assertIn("trunk: has no head that could label a text",
                      self.refused(trunk, "--adapter", f"theirs={PEFT.parent}/features", stdin="w5\n"))

    def test_another_head_of_the_base_can_be_read_under_an_adapter(self):
        labels = set(self.rows("side", "--task", "labels", stdin="w5\n")[0]["probabilities"])
        self.assertEqual(labels, set(self.rows(MODEL, stdin="w5\n")[0]["probabilities"]))
        self.assertIn("side/checkpoints/best: has no head 'label'; did you mean 'labels'? allowed: side, wind, labels",
                      self.refused("side", "--task", "label", stdin="w5\n"))

    def test_labels_are_named_where_nothing_names_them(self):
        names = ["one", "two", "three"]
        shutil.copytree(MODEL, self.folder / "nameless")
        config = self.folder / "nameless/config.json"
        written = json.loads(config.read_text())
        for key in ["id2label", "label2id"]:
            written.pop(key, None)
        config.write_text(json.dumps(dict(written, num_labels=3)))
        file = self.csv_file("rows.csv", [["text", "label"], ["w5", "two"], ["w6", "one"]])
        for path in [["nameless"], [PEFT, "--base", MODEL], [PEFT, "--base", "nameless"]]:
            self.assertEqual(list(self.rows(*path, "--labels", "one,two,three", stdin="w5\n")[0]["probabilities"]), names)
            scored = json.loads(self.engram("eval", *path, "--labels", "one,two,three", "--data", file, "--text", "text",
                                            "--label", "label", "--json").stdout)
            self.assertEqual(scored["sets"][0]["labels"], names)
            told = self.refused(*path, "--labels", "one,two", stdin="w5\n")
            self.assertIn("--labels gives the names one, two, and the head has 3 classes allowed: 3 different names, in the "
                          "order of the classes", told)
            self.assertIn("3 different names", self.refused(*path, "--labels", "one,two,two", stdin="w5\n"))
        self.assertIn("unless predict or eval gets names with --labels",
                      self.engram("predict", PEFT, "--base", "nameless", stdin="w5\n").stderr)
        self.assertIn("side/checkpoints/best: --labels: the head 'side' has labels already: left, right fix: leave --labels "
                      "out", self.refused("side", "--labels", "up,down", stdin="w5\n"))

    def test_a_head_that_a_run_kept_beside_its_adapter_can_be_read(self):
        heads = json.loads((self.folder / "side/checkpoints/best/heads.json").read_text())["others"]
        self.assertEqual([head["task"] for head in heads], ["wind"])
        made = self.rows("side", "--task", "wind", stdin="w5 w6\n")[0]
        self.assertEqual(set(made["probabilities"]), set(heads[0]["labels"]))
        self.assertEqual(made["probabilities"], self.rows("side", "--task", "labels", stdin="w5 w6\n")[0]["probabilities"])

    def test_an_adapter_without_a_head_reads_that_of_the_base(self):
        made, base = (self.rows(*arguments, stdin="w5 w6\n")[0] for arguments in [
            [MODEL, "--adapter", f"theirs={PEFT.parent}/features", "--use", "theirs"], [MODEL]])
        self.assertEqual(list(made["probabilities"]), list(base["probabilities"]))
        self.assertNotEqual(made["probabilities"], base["probabilities"])


if __name__ == "__main__":
    unittest.main()

"""Texts and tables through `engram predict`: streams, formats, several adapters over one base, and what is refused."""

import csv
import io
import json
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from tiny import ENGRAM, LORA, MODEL, SOURCE, TinyCase

PEFT = SOURCE / "tests/golden/peft_adapter"  # made by peft on MODEL
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
            self.engram("run", self.recipe(strategies=LORA.replace("rank = 4", "rank = 2")), "--set", "train.seed=5",
                        "--out", "other")
            for name in ["side", "other"]:
                shutil.copytree(self.folder / name, made / name)
        for name in ["side", "other"]:
            if not (self.folder / name).exists():
                shutil.copytree(made / name, self.folder / name)

    def rows(self, *arguments, stdin=None):
        done = self.engram("predict", *arguments, "--json", stdin=stdin)
        return [json.loads(line) for line in done.stdout.splitlines()]

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


class Streams(PredictCase):
    def test_a_text_is_labelled_before_the_input_ends(self):
        process = self.started("side")
        for text in TEXTS[:2]:
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            label, probability, echoed = process.stdout.readline().decode().rstrip("\n").split("\t")
            self.assertIn(label, ["left", "right"])
            self.assertEqual(echoed, text)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(process.stdout.read(), b"")

    def test_a_long_stream_does_not_pile_up(self):
        process = self.started("side", "--format", "csv")
        process.stdin.write(b"text,long\n")
        row = b"w5 w6," + b"x" * 100_000 + b"\n"

        def resident(rows):
            for _ in range(rows):
                process.stdin.write(row)
                process.stdin.flush()
                process.stdout.readline()
            status = Path(f"/proc/{process.pid}/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0])  # KiB

        before = resident(100)
        self.assertLess(resident(1500) - before, 60_000)
        process.stdin.close()
        self.assertEqual(process.wait(timeout=60), 0)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        for ignored in [False, True]:
            (self.folder / "texts.txt").write_text("w5 w6\n" * 20_000)
            process = subprocess.Popen(
                [ENGRAM, "predict", "side", "--file", "texts.txt"], cwd=self.folder, env=self.environment,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=(lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)) if ignored else None)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            self.assertEqual(process.wait(timeout=60), 0 if ignored else -signal.SIGPIPE)

    def test_ctrl_c_ends_it_with_code_five_while_it_waits(self):
        process = self.started("side")
        process.stdin.write(b"w5 w6\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 5)

    def test_no_input_is_no_output(self):
        self.assertEqual(self.engram("predict", "side", stdin="").stdout, "")
        self.assertEqual(self.engram("predict", "side", "--out", "csv", stdin="").stdout,
                         "label,probability,p_left,p_right\n")


class Formats(PredictCase):
    def test_a_table_with_quotes_gives_a_table_with_the_same_ids_in_order(self):
        odd = 'w40, "w41"\nw42'
        file = self.csv_file("a.csv", [["id", "words", "more"], ["a,1", odd, "w5"], ["b", TEXTS[0], "w6"]])
        told = self.engram("predict", "side", "--file", file, "--text", "words", "--text", "more", "--out", "csv",
                           "--echo").stdout
        rows = list(csv.DictReader(io.StringIO(told)))
        self.assertEqual([row["id"] for row in rows], ["a,1", "b"])
        self.assertEqual([row["text"] for row in rows], [odd + " w5", TEXTS[0] + " w6"])
        for row in rows:
            self.assertAlmostEqual(float(row["p_left"]) + float(row["p_right"]), 1, places=5)
            self.assertEqual(row["probability"], row["p_" + row["label"]])
            self.assertGreaterEqual(float(row["probability"]), 0.5)

    def test_every_format_gives_the_same_labels(self):
        expected = [(row["label"], row["probabilities"]) for row in self.rows("side", stdin="\n".join(TEXTS))]
        (self.folder / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
        (self.folder / "a.tsv").write_text("text\n" + "\n".join(TEXTS) + "\n")
        (self.folder / "b.csv").write_text("".join(f"x;{text}\n" for text in TEXTS))
        self.csv_file("a.csv", [["text"]] + [[text] for text in TEXTS])
        for arguments in [["a.jsonl"], ["a.tsv"], ["a.csv"],
                          ["b.csv", "--no-header", "--delimiter", ";", "--text", "2"]]:
            made = self.rows("side", "--file", *arguments)
            self.assertEqual([(row["label"], row["probabilities"]) for row in made], expected, arguments)
            self.assertEqual([row["text"] for row in made], TEXTS)

    def test_parquet_is_read_by_column(self):
        file = SOURCE / "tests/golden/data_rows.parquet"
        made = self.rows("side", "--file", file, "--text", "sentence")
        lines = self.rows("side", stdin="".join(" ".join(row["text"].split()) + "\n" for row in made))
        self.assertEqual([row["label"] for row in made], [row["label"] for row in lines])
        self.assertGreater(len(made), 2)
        self.assertIn("a Parquet file cannot be read from standard input",
                      self.refused("side", "--format", "parquet", stdin="x"))

    def test_json_lines_keep_the_id_and_leave_the_text_out_unless_asked(self):
        stdin = '{"text": "w5 w6", "id": 7}\n{"text": "w40"}\n'
        told = self.engram("predict", "side", "--format", "jsonl", "--out", "jsonl", stdin=stdin).stdout
        first, second = map(json.loads, told.splitlines())
        self.assertEqual(list(first), ["id", "label", "probability", "probabilities"])
        self.assertEqual(list(second), ["label", "probability", "probabilities"])
        self.assertEqual(first["id"], "7")
        self.assertEqual(first["probability"], first["probabilities"][first["label"]])

    def test_a_batch_size_changes_nothing_but_speed(self):
        stdin = "\n".join(TEXTS * 10)
        one, many = (self.rows("side", "--batch-size", size, stdin=stdin) for size in [1, 7])
        for a, b in zip(one, many):
            self.assertEqual(a["label"], b["label"])
            self.assertAlmostEqual(a["probability"], b["probability"], places=5)

    def test_faults_of_a_table_are_told_at_once_with_their_lines(self):
        file = self.csv_file("a.csv", [["text"], ["w5"], [" "], ["w6"], ["w7", "w8"]])
        text = self.refused("side", "--file", file)
        self.assertIn("a.csv:3, column 'text': the text is empty", text)
        self.assertIn("a.csv:5: holds 2 values where the first row has 1", text)
        (self.folder / "b.txt").write_bytes(b"w5\nw6 \xff\n" + b"w7\n" * 3000 + b"\xfe\n")
        text = self.refused("side", "--file", "b.txt")
        self.assertIn("b.txt:2, byte 4: is not UTF-8", text)
        self.assertIn("b.txt:3003, byte 1: is not UTF-8", text)
        file = self.csv_file("c.csv", [["txt"], ["w5"]])
        text = self.refused("side", "--file", file)
        self.assertIn("c.csv: has no column 'text'; did you mean 'txt'? allowed: the columns are 'txt'", text)
        self.assertIn("nowhere.txt: cannot be read", self.refused("side", "--file", "nowhere.txt"))

    def test_rows_before_a_fault_of_a_stream_are_labelled(self):
        process = self.started("side")
        process.stdin.write(b"w5\n")
        process.stdin.flush()
        self.assertTrue(process.stdout.readline())
        process.stdin.write(b"\xff\n")
        process.stdin.flush()
        self.assertEqual(process.wait(timeout=30), 3)
        self.assertIn(b"standard input:2, byte 1: is not UTF-8", process.stderr.read())

    def test_options_that_do_not_go_together_are_wrong_usage(self):
        for arguments, told in [
                (["--text", "words"], "lines of text are read here; name the format, such as --format csv"),
                (["--format", "jsonl", "--no-header"], "--no-header and --delimiter are for the formats csv and tsv"),
                (["--format", "csv", "--no-header", "--text", "words"], "a column is its position, such as 1"),
                (["--adapter", "name"], "'name' is not NAME=PATH, such as news=runs/news-001"),
                (["--format", "csv", "--delimiter", "ab"], "'ab' is not one character")]:
            self.assertIn(told, self.refused("side", *arguments, stdin="", expect=2))


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

    def test_one_adapter_of_several_labels_all_rows(self):
        over = [MODEL, "--adapter", "one=side", "--adapter", "two=other"]
        stdin = "\n".join(TEXTS)
        for name, alone in [("one", "side"), ("two", "other"), ("base", MODEL)]:
            made = self.rows(*over, "--use", name, stdin=stdin)
            self.assertEqual([row["probabilities"] for row in made],
                             [row["probabilities"] for row in self.rows(alone, stdin=stdin)])
        self.assertEqual([row["adapter"] for row in self.rows("side", "--adapter", "two=other", stdin="w5\n")],
                         [str(Path("side/checkpoints/best"))])

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
                                   r"and here is [0-9a-f]{12} \(\S*damaged\) fix: name the model that it was trained on "
                                   r"with --base, or use --force if the difference is wanted")
        done = self.engram("predict", "side", "--base", folder, "--force", "--json", stdin="w5\n")
        self.assertRegex(done.stderr, r"^engram: note: side/checkpoints/best: the adapter was trained on another model: "
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
        self.assertIn("the head has 2 classes, and provenance.json names 3 labels for it: left, right, up",
                      self.refused("side", stdin="w5\n"))

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
                      f"{self.folder}/theirs/base, {self.folder}/base fix: name the model's folder with --base", text)
        shutil.copytree(MODEL, self.folder / "theirs/base")
        self.assertEqual(len(self.rows("theirs/adapter", stdin="w5\n")), 1)


class Heads(PredictCase):
    def test_another_head_of_the_base_can_be_read_under_an_adapter(self):
        labels = set(self.rows("side", "--task", "labels", stdin="w5\n")[0]["probabilities"])
        self.assertEqual(labels, set(self.rows(MODEL, stdin="w5\n")[0]["probabilities"]))
        self.assertIn("has no head 'label'; did you mean 'labels'?",
                      self.refused("side", "--task", "label", stdin="w5\n"))

    def test_an_adapter_without_a_head_reads_that_of_the_base(self):
        shutil.copytree(PEFT, self.folder / "headless")
        weights = self.folder / "headless/adapter_model.safetensors"
        data = weights.read_bytes()
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + size])
        kept, blob = {}, b""
        for name, entry in header.items():
            if name == "__metadata__" or "classifier" in name:
                continue
            begin, end = entry["data_offsets"]
            kept[name] = dict(entry, data_offsets=[len(blob), len(blob) + end - begin])
            blob += data[8 + size + begin:8 + size + end]
        text = json.dumps(kept).encode()
        text += b" " * (-len(text) % 8)
        weights.write_bytes(len(text).to_bytes(8, "little") + text + blob)
        config = self.folder / "headless/adapter_config.json"
        config.write_text(json.dumps(dict(json.loads(config.read_text()), modules_to_save=None)))
        made, base = (self.rows(*arguments, stdin="w5 w6\n")[0] for arguments in [
            [MODEL, "--adapter", "theirs=headless", "--use", "theirs"], [MODEL]])
        self.assertEqual(list(made["probabilities"]), list(base["probabilities"]))
        self.assertNotEqual(made["probabilities"], base["probabilities"])


if __name__ == "__main__":
    unittest.main()

"""Texts and tables through `engram predict`: streams, formats, and what is refused in them."""

import csv
import io
import json
import signal
import subprocess
import unittest
from pathlib import Path

from predict_case import TEXTS, PredictCase
from tiny import ENGRAM, SOURCE


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
        expected = [self.rounded(row) for row in self.rows("side", stdin="\n".join(TEXTS))]
        (self.folder / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
        (self.folder / "a.tsv").write_text("text\n" + "\n".join(TEXTS) + "\n")
        (self.folder / "b.csv").write_text("".join(f"x;{text}\n" for text in TEXTS))
        self.csv_file("a.csv", [["text"]] + [[text] for text in TEXTS])
        for arguments in [["a.jsonl"], ["a.tsv"], ["a.csv"],
                          ["b.csv", "--no-header", "--delimiter", ";", "--text", "2"]]:
            made = self.rows("side", "--file", *arguments)
            self.assertEqual([self.rounded(row) for row in made], expected, arguments)
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
        self.assertIn("c.csv: has no column 'text'; did you mean 'txt'? allowed: the columns are 'txt' fix: name the column "
                      "that is meant: --text COLUMN", text)
        for name in ["nowhere.txt", "nowhere.parquet"]:
            self.assertIn(f"{name}: cannot be read: No such file or directory fix: name a file that is there, or - for "
                          "standard input", self.refused("side", "--file", name))

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


if __name__ == "__main__":
    unittest.main()

"""Every point of a grid as a run, and a table over them."""

import csv
import json
import signal
import subprocess
import time

from tiny import ENGRAM, MODEL, TinyCase

GRID = """
local engram = require "engram"
local score  = require "engram.score"
return engram.grid {
  over = { rate = { 1e-3, 5e-3 }, rank = { 2, %(rank)s } },
  recipe = function(p)
    return {
      model = "%(model)s",
      tasks = { wind = { kind = "classification", head = "from model" }, side = { kind = "classification" } },
      data = {
        train    = { "new_train.csv", text = "text", label = "label", task = "side", use = "train" },
        new      = { "new_test.csv",  text = "text", label = "label", task = "side", use = "evaluate" },
        original = { "original.csv",  text = "text", label = "label", task = "wind", use = "evaluate", role = "original" },
      },
      strategies = { { "lora", rank = p.rank, alpha = 8 } },
      train = { epochs = %(epochs)s, batch_size = 8, learning_rate = p.rate, max_length = 24, threads = 1,
                evaluations_in_first_epoch = 1 },
      score = score.penalised { gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.05, weight = 1 },
    }
  end,
}
"""
POINTS = ["rank=2,rate=0.001", "rank=2,rate=0.005", "rank=4,rate=0.001", "rank=4,rate=0.005"]


class Grids(TinyCase):
    def grid(self, rank=4, epochs=1):
        file = self.folder / "grid.lua"
        file.write_text(GRID % {"model": MODEL, "rank": rank, "epochs": epochs})
        return file

    def points(self, out="out"):
        return {point["point"]: point for point in json.loads((self.folder / out / "grid.json").read_text())["points"]}

    def test_every_point_is_a_run_and_a_table_stands_at_the_end(self):
        told = self.engram("run", self.grid(), "--out", "out").stdout
        self.assertEqual(list(self.points()), POINTS)
        with open(self.folder / "out/table.csv", newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        self.assertEqual([row["point"] for row in rows], POINTS)
        for row in rows:
            result = self.result(f"out/{row['point']}")
            self.assertEqual(float(row["score"]), result["chosen"]["score"])
            measured = {(entry["set"], entry["metric"]): entry for entry in result["rows"]}
            self.assertEqual(float(row["new.accuracy"]), measured["new", "accuracy"]["now"])
            self.assertEqual(float(row["original.accuracy drop"]), measured["original", "accuracy"]["drop"])
            manifest = json.loads((self.folder / "out" / row["point"] / "manifest.json").read_text())
            self.assertEqual(manifest["point"], row["point"])
            self.assertEqual(manifest["strategies"][0]["settings"]["rank"], int(row["rank"]))
            self.assertEqual(manifest["recipe"]["train"]["learning_rate"], float(row["rate"]))
        best = max(rows, key=lambda row: float(row["score"]))
        self.assertIn(f"largest score: {best['point']}", told)
        self.assertIn("new task: new, accuracy", told)

    def test_one_point_is_an_ordinary_run(self):
        self.engram("run", self.grid(), "--point", POINTS[1], "--out", "out")
        self.assertEqual(json.loads((self.folder / "out/manifest.json").read_text())["point"], POINTS[1])
        self.engram("run", "--resume", "out")

    def test_a_grid_from_standard_input_runs_point_by_point(self):
        text = self.grid().read_text()
        self.assertIn("--point", self.engram("run", "-", stdin=text, expect=3).stderr)
        self.engram("run", "-", "--point", POINTS[0], "--out", "out", stdin=text)
        self.assertEqual(json.loads((self.folder / "out/manifest.json").read_text())["point"], POINTS[0])

    def test_a_point_that_there_is_not_is_refused_with_the_nearest(self):
        for arguments in [["run", self.grid(), "--point", "rank=2,rate=0.002"], ["plan", self.grid(), "--point", "rank=3"]]:
            done = self.engram(*arguments, expect=3)
            self.assertIn("rank=2,rate=0.001", done.stderr)
        done = self.engram("run", self.recipe(), "--point", "rank=2", expect=3)
        self.assertIn("grid", done.stderr)

    def test_a_point_that_fails_does_not_stop_the_others_and_the_worst_code_is_returned(self):
        done = self.engram("run", self.grid(rank=64), "--out", "out", expect=3)
        codes = {name: point["exit_code"] for name, point in self.points().items()}
        self.assertEqual(codes, {"rank=2,rate=0.001": 0, "rank=2,rate=0.005": 0, "rank=64,rate=0.001": 3,
                                 "rank=64,rate=0.005": 3})
        self.assertIn("rank=64,rate=0.001 failed:", done.stdout)
        self.assertIn("rank", done.stderr)

    def test_a_fault_of_every_point_is_told_once_and_leaves_nothing(self):
        grid = self.grid()
        grid.write_text(grid.read_text().replace("batch_size", "batch_sice"))
        done = self.engram("run", grid, "--out", "out", expect=3)
        self.assertEqual(done.stderr.count("batch_sice"), 1, done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_an_interrupted_grid_goes_on_and_skips_what_is_finished(self):
        grid = self.grid(epochs=10)
        process = subprocess.Popen([ENGRAM, "run", str(grid), "--out", "out"], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        events = self.folder / "out" / POINTS[1] / "events.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and '"step":15' in events.read_text():
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5, output)
        self.assertEqual(self.points()[POINTS[2]]["ending"], "not run")
        before = (self.folder / "out" / POINTS[0] / "events.jsonl").read_bytes()
        told = self.engram("run", "--resume", "out").stdout
        self.assertIn(f"{POINTS[0]} ended before, and is left as it is", told)
        self.assertEqual((self.folder / "out" / POINTS[0] / "events.jsonl").read_bytes(), before)
        self.assertEqual(len(self.sittings(f"out/{POINTS[1]}")), 1)
        self.assertEqual({point["ending"] for point in self.points().values()}, {"all steps"})

    def test_a_signal_between_two_points_is_an_interruption_too(self):
        process = subprocess.Popen([ENGRAM, "run", str(self.grid()), "--out", "out", "--json"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stdout:
            if '"event":"finished"' in line:
                process.send_signal(signal.SIGTERM)
                break
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5)
        self.assertEqual(self.points()[POINTS[0]]["ending"], "all steps")
        self.assertEqual(self.points()[POINTS[3]]["ending"], "not run")

    def test_the_time_limit_is_for_the_whole_grid(self):
        self.engram("run", self.grid(epochs=5000), "--out", "out", "--max-time", "2", expect=5)
        self.assertEqual([point["ending"] for point in self.points().values()],
                         ["out of time", "not run", "not run", "not run"])

    def test_json_lines_name_the_points(self):
        lines = [json.loads(line) for line in
                 self.engram("run", self.grid(), "--json", "--out", "out").stdout.splitlines()]
        notes = [line["text"] for line in lines if line["event"] == "note"]
        self.assertIn(f"point 1 of 4: {POINTS[0]}", notes)
        (table,) = [line for line in lines if line["event"] == "grid"]
        self.assertEqual([point["point"] for point in table["points"]], POINTS)

    def test_a_grid_whose_recipe_has_changed_does_not_go_on(self):
        grid = self.grid()
        self.engram("run", grid, "--out", "out", "--max-time", "0.001", expect=5)
        grid.write_text(grid.read_text() + "-- changed\n")
        done = self.engram("run", "--resume", "out", expect=3)
        self.assertIn("is gone or has changed since", " ".join(done.stderr.split()))

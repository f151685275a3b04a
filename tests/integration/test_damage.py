"""Run folders: written by one process at a time, damaged, of earlier formats, on disks that do not write."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from tiny import ENGRAM, TinyCase

EVERY = 'checkpoints = { every = "evaluation" },'
LOSS_FALLS = "score = function(m) return -m.new.loss end, --"
NEAR = "score = function(m) return -math.abs(m.new.loss - %s) end, --"


class RunCase(TinyCase):
    def scored(self, score, **options):
        recipe = self.recipe(train="evaluations_in_first_epoch = 3,", **options)
        recipe.write_text(recipe.read_text().replace("score = score.penalised", score))
        return recipe

    def states(self, run="out"):
        return sorted(path for path in (self.folder / run / "checkpoints").glob("step-*"))

    def bytes_of(self, run="out"):
        files = ["events.jsonl", "metrics.csv"] + [f"checkpoints/best/{file.name}" for file in
                                                   sorted((self.folder / run / "checkpoints/best").iterdir())]
        return {name: (self.folder / run / name).read_bytes() for name in files}

    def checked(self, folder):
        return subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=False,
                              capture_output=True).returncode == 0


class TwoWriters(RunCase):
    def started(self, *arguments, until):
        process = subprocess.Popen([ENGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if list(self.folder.glob(until)):
                return process
            time.sleep(0.01)
        self.fail(f"there was no {until}")

    def refused(self, *arguments):
        return " ".join(self.engram(*arguments, expect=3).stderr.split())

    def long_recipe(self):
        recipe = self.scored(LOSS_FALLS, rest=EVERY)
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 5000"))
        return recipe

    def test_a_second_writer_is_refused_while_readers_read_and_a_killed_run_leaves_nothing_to_clear_away(self):
        recipe = self.long_recipe()
        process = self.started("run", recipe, "--out", "out", until="out/checkpoints/best")
        writes = f"out: is being written by process {process.pid} on "
        self.assertIn(writes, self.refused("run", "--resume", "out"))
        self.assertIn("wait until that run ends or stop it with kill", self.refused("run", "--resume", "out"))
        self.assertIn(writes, self.refused("run", recipe, "--out", "out"))
        process.send_signal(signal.SIGSTOP)
        self.engram("inspect", "out")
        self.engram("predict", "out", stdin="w5 w6\n")
        process.kill()
        process.wait()
        self.engram("run", "--resume", "out", "--max-time", "2", expect=5)

    def test_folders_of_grids_and_chains_have_one_writer_too(self):
        recipe = self.long_recipe()
        text = recipe.read_text().replace("return {", 'local engram = require "engram"\nreturn engram.grid {'
                                          " over = { seed = { 1, 2 } }, recipe = function(p) return {", 1)
        grid = self.folder / "grid.lua"
        grid.write_text(text.rstrip() + " end }\n")
        for arguments in [[grid], [recipe, recipe]]:
            process = self.started("run", *arguments, "--out", "all", until="all/*/checkpoints/best")
            told = self.refused("run", "--resume", "all")
            self.assertIn(f"all: is being written by process {process.pid} on ", told)
            process.kill()
            process.wait()
            self.engram("run", "--resume", "all", "--max-time", "2", expect=5)
            shutil.rmtree(self.folder / "all")

    def test_a_run_can_be_resumed_from_the_first_moment_that_its_folder_is_there(self):
        recipe = self.scored(LOSS_FALLS, rest=EVERY)
        self.engram("run", recipe, "--out", "straight")
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", "out"], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (self.folder / "out").exists() and time.monotonic() < deadline:
            time.sleep(0.0005)
        process.kill()
        process.wait()
        self.assertEqual(json.loads((self.folder / "out/manifest.json").read_text())["format"], 2)
        self.engram("run", "--resume", "out")
        (self.folder / "out").rename(self.folder / "second")
        self.assertEqual(self.result("second")["rows"], self.result("straight")["rows"])
        self.assertEqual(re.sub("second|straight", "", (self.folder / "second/metrics.csv").read_text()),
                         (self.folder / "straight/metrics.csv").read_text())

    def test_a_refused_run_leaves_nothing(self):
        recipe = self.recipe()
        (self.folder / "new_test.csv").write_text("text,label\nw5,sideways\n")
        before = sorted(self.folder.iterdir())
        for out in [["--out", "out"], ["--out", "deep"]]:
            self.engram("run", recipe, *out, expect=3)
            self.assertEqual([path for path in sorted(self.folder.iterdir()) if path.name != "cache"], before)


class Damage(RunCase):
    def setUp(self):
        super().setUp()
        self.engram("run", self.scored(LOSS_FALLS, rest=EVERY), "--out", "out")
        self.before = self.bytes_of()

    def flip(self, file):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)

    def test_a_damaged_newest_state_is_passed_over_and_the_run_ends_as_it_did(self):
        older, newest = self.states()
        self.flip(newest / "training_state.safetensors")
        done = self.engram("run", "--resume", "out")
        told = " ".join((done.stdout + done.stderr).split())
        self.assertIn(f"a training state is damaged and was passed over, it is out/checkpoints/{newest.name}.damaged now",
                      told)
        self.assertIn("training_state.safetensors is damaged: SHA256SUMS says ", told)
        self.assertIn(f"going on from out/checkpoints/{older.name}", told)
        self.assertIn("was passed over", (self.folder / "out/log.txt").read_text())
        self.assertIn('"event":"damaged"', (self.folder / "out/timing.jsonl").read_text())
        self.assertEqual(self.bytes_of(), self.before)
        self.assertTrue(newest.with_name(newest.name + ".damaged").exists())

    def test_a_run_none_of_whose_states_is_whole_is_refused_and_nothing_changes(self):
        for state in self.states():
            (state / "training_state.json").write_text("{")
        told = " ".join(self.engram("run", "--resume", "out", expect=3).stderr.split())
        for state in self.states():
            self.assertIn(f"{state.name}: is no whole training state, and no older one will do", told)
        self.assertIn("put the folder back as the run wrote it, or begin a new run", told)
        self.assertEqual(self.bytes_of(), self.before)
        self.assertEqual(len(self.states()), 2)

    def test_a_damaged_checkpoint_is_used_by_nobody(self):
        best = self.folder / "out/checkpoints/best"
        self.assertTrue(self.checked(best))
        self.flip(best / "adapter_model.safetensors")
        for command in [["predict", "out"], ["eval", "out"], ["merge", "out", "--into", "merged"],
                        ["predict", "out/checkpoints/best"]]:
            told = " ".join(self.engram(*command, stdin="w5\n", expect=3).stderr.split())
            self.assertRegex(told, r"adapter_model.safetensors: is damaged: SHA256SUMS says [0-9a-f]{12}, and it is "
                                   r"[0-9a-f]{12} fix: copy it again from where it was made; if it was changed on "
                                   r"purpose, remove SHA256SUMS")

    def test_merged_and_unmerged_folders_have_checksums(self):
        self.engram("merge", "out", "--into", "merged", "--keep-original")
        self.assertTrue(self.checked(self.folder / "merged"))
        self.engram("unmerge", "merged", "--into", "base")
        self.assertTrue(self.checked(self.folder / "base"))
        self.flip(self.folder / "merged/model.safetensors")
        for command in [["predict", "merged"], ["unmerge", "merged", "--into", "again"]]:
            told = self.engram(*command, stdin="w5\n", expect=3).stderr
            self.assertIn("model.safetensors: is damaged", told)

    def test_a_run_folder_of_an_earlier_format_is_refused_by_version_and_still_read(self):
        manifest = self.folder / "out/manifest.json"
        manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 1'))
        told = " ".join(self.engram("run", "--resume", "out", expect=3).stderr.split())
        self.assertIn("manifest.json: the run folder has format 1 allowed: format 2 fix: go on with the version of engram "
                      "that began the run, or begin a new one; predict, eval, merge and compare read both", told)
        self.engram("predict", "out", stdin="w5 w6\n")

    def test_a_disk_that_cannot_be_written_is_told_with_path_and_reason(self):
        (self.folder / "file").write_text("")
        told = " ".join(self.engram("run", self.recipe(), "--out", "file/out", expect=6).stderr.split())
        self.assertIn("cannot be written: Not a directory fix: choose another folder with --out", told)
        self.assertIn("file", told)

    @unittest.skipIf(os.geteuid() == 0, "nothing is read-only to root")
    def test_a_read_only_folder_ends_with_exit_6(self):
        (self.folder / "out").chmod(0o500)
        told = " ".join(self.engram("run", "--resume", "out", expect=6).stderr.split())
        (self.folder / "out").chmod(0o700)
        self.assertIn("Permission denied fix: give yourself leave to write there", told)


class Rotation(RunCase):
    def test_the_best_checkpoint_outlives_the_states_of_its_time(self):
        self.engram("run", self.scored(LOSS_FALLS), "--out", "known")
        losses = [event["metrics"]["new"]["loss"] for event in self.events("known") if event["event"] == "evaluation"]
        recipe = self.scored(NEAR % losses[2], rest='checkpoints = { every = "evaluation", keep_last = 1 },')
        self.engram("run", recipe, "--out", "out")
        chosen = self.result("out")["chosen"]
        self.assertEqual(chosen["folder"], "checkpoints/best")
        oldest = min(int(state.name[5:]) for state in self.states())
        self.assertLess(chosen["step"], oldest)
        self.assertTrue(self.checked(self.folder / "out/checkpoints/best"))
        self.engram("predict", "out", stdin="w5 w6\n")

    def test_two_states_are_kept_unless_the_recipe_says_otherwise(self):
        self.engram("run", self.scored(LOSS_FALLS, rest=EVERY), "--out", "out")
        self.assertEqual(len(self.states()), 2)
        for state in self.states():
            self.assertTrue(self.checked(state))

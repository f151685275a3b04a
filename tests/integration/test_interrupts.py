"""Runs that are stopped from outside, and go on."""

import json
import shutil
import signal
import subprocess
import time

from tiny import ENGRAM, LORA, TinyCase


class Interrupts(TinyCase):
    def start_and_stop(self, recipe, out, when, number=signal.SIGINT):
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", out], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        events = self.folder / out / "events.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and when in events.read_text():
                break
            time.sleep(0.005)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors

    def test_a_signal_saves_the_run_and_says_how_to_go_on(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            out = f"out{int(number)}"
            recipe = self.recipe(train="")
            long = ["--set", "train.epochs=500"]
            recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 500"))
            code, output, errors = self.start_and_stop(recipe, out, '"step":20', number)
            self.assertEqual(code, 5, output + errors)
            self.assertIn(f"engram run --resume {out}", output)
            self.assertEqual(self.result(out)["ending"], "interrupted")
            self.assertTrue(list((self.folder / out / "checkpoints").glob("step-*")), long)

    def test_a_resumed_run_ends_like_one_that_was_never_stopped(self):
        for strategies in [LORA, ""]:
            recipe = self.recipe(strategies=strategies, train="evaluations_in_first_epoch = 2,")
            recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 30"))
            straight, stopped = f"straight{len(strategies)}", f"stopped{len(strategies)}"
            self.engram("run", recipe, "--out", straight)
            code, output, errors = self.start_and_stop(recipe, stopped, '"step":30')
            if code == 0:
                self.skipTest("the run was over before the signal arrived")
            self.assertEqual(code, 5, output + errors)
            self.engram("run", "--resume", stopped)
            whole, parts = self.result(straight), self.result(stopped)
            self.assertEqual(whole["rows"], parts["rows"])
            self.assertEqual(whole["chosen"]["step"], parts["chosen"]["step"])
            steps = {event["step"]: event["loss"] for event in self.events(straight) if event["event"] == "step"}
            for event in self.events(stopped):
                if event["event"] == "step":
                    self.assertEqual(steps[event["step"]], event["loss"])

    def test_a_time_limit_saves_the_run(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 5000"))
        self.engram("run", recipe, "--out", "out", "--max-time", "2", expect=5)
        self.assertEqual(self.result("out")["ending"], "out of time")

    def test_a_run_whose_recipe_has_changed_does_not_go_on(self):
        recipe = self.recipe()
        self.engram("run", recipe, "--out", "out")
        recipe.write_text(recipe.read_text() + "-- changed\n")
        refused = self.engram("run", "--resume", "out", expect=3)
        self.assertIn("is gone or has changed since", refused.stderr)
        self.assertIn("recipe.lua holds", json.dumps(refused.stderr))

    def test_a_run_whose_data_has_changed_does_not_go_on(self):
        self.engram("run", self.recipe(), "--out", "out")
        with open(self.folder / "new_train.csv", "a", encoding="utf-8") as out:
            out.write("w5 w6,left\n")
        refused = self.engram("run", "--resume", "out", expect=3)
        self.assertIn("new_train.csv, has changed since it began", " ".join(refused.stderr.split()))

    def test_half_written_checkpoints_of_a_killed_run_are_cleared_away(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 500"))
        code, output, errors = self.start_and_stop(recipe, "out", '"step":20')
        self.assertEqual(code, 5, output + errors)
        half = self.folder / "out/checkpoints/step-000001.new-1"
        half.mkdir()
        self.engram("run", "--resume", "out", "--max-time", "2", expect=5)
        self.assertFalse(half.exists())

    def test_a_run_whose_folder_is_removed_does_not_end_as_done(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 40"))
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", "out", "--json"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '"step":5' not in process.stdout.readline():
            pass
        shutil.rmtree(self.folder / "out")
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 6, errors)
        self.assertIn("was removed, moved or unmounted during the run", " ".join(errors.split()))

    def test_a_run_that_goes_on_with_other_threads_says_so_once_and_not_in_its_events(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("threads = 1, ", "").replace("epochs = 2", "epochs = 40"))
        self.engram("run", recipe, "--out", "out", "--max-time", "1e-6", expect=5)
        manifest = self.folder / "out/manifest.json"
        before = json.loads(manifest.read_text())
        self.assertNotIn("the run began with", self.engram("run", "--resume", "out", "--max-time", "1e-6", expect=5).stdout)
        before["threads"] += 7
        before["cpu_capability"] = "ABACUS"
        manifest.write_text(json.dumps(before))
        told = " ".join(self.engram("run", "--resume", "out", "--max-time", "1e-6", expect=5).stdout.split())
        self.assertIn(f"the run began with threads: {before['threads']}, and goes on with {before['threads'] - 7}: its "
                      "numbers will not be exactly those of an uninterrupted run", told)
        self.assertIn("the run began with processor instructions: ABACUS, and goes on with", told)
        self.assertIn("the run began with threads", (self.folder / "out/log.txt").read_text())
        self.assertNotIn("the run began with", (self.folder / "out/events.jsonl").read_text())

    def test_settings_do_not_go_with_resume(self):
        self.engram("run", self.recipe(), "--out", "out")
        for setting in [["--set", "train.epochs=5"], ["--device", "cpu"]]:
            refused = self.engram("run", "--resume", "out", *setting, expect=2)
            self.assertIn("--resume", refused.stderr)

    def test_a_resumed_run_remembers_how_long_it_trained(self):
        self.engram("run", self.recipe(), "--out", "out")
        before = self.result("out")["seconds"]["training"]
        self.engram("run", "--resume", "out")
        self.assertGreaterEqual(self.result("out")["seconds"]["training"], before)

    def test_a_reader_that_goes_away_stops_the_run_saved(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 5000"))
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", "out", "--json"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '"step":5' not in process.stdout.readline():
            pass
        process.stdout.close()
        code = process.wait(timeout=60)
        process.stderr.close()
        self.assertEqual(code, 5)
        self.assertEqual(self.result("out")["ending"], "interrupted")
        self.assertTrue(list((self.folder / "out/checkpoints").glob("step-*")))

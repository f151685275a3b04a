"""A run that is stopped and resumed leaves the same bytes as one that was not."""

import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from resume_cases import CASES, COUNTING_SCHEDULE, EVERY, NOISY, STRATEGIES, text
from tiny import ENGRAM, LORA, TinyCase, write_rows

FORGETFUL = Path(ENGRAM).resolve().parents[1] / "fixtures/forgetful"
# Each strategy with state of its own once more, beside another.
PAIRS = [("ewc", "lora"), ("distillation", "replay"), ("ewc", "weight_interpolation"), ("prefix_tuning", "replay")]
SLOW = 'metrics = { slow = function(e) for i = 1, 1e7 do end return e.count end },\n'


def kept(run):
    """Bytes of what has to be equal, by path; of the newest training state all but what the clock decides."""
    states = [state for state in (run / "checkpoints").glob("step-*")]
    newest = max(states, key=lambda state: int(state.name[5:]))
    files = [run / "events.jsonl", run / "metrics.csv", newest / "training_state.safetensors"]
    files += [file for file in sorted((run / "checkpoints/best").rglob("*")) if file.is_file()]
    found = {str(file.relative_to(run)): file.read_bytes() for file in files}
    state = json.loads((newest / "training_state.json").read_text())
    del state["seconds"], state["log_bytes"]["timing.jsonl"]
    return {**found, newest.name: state}


class ResumeCase(TinyCase):
    def setUp(self):
        super().setUp()
        write_rows(self.folder / "past.csv", ["calm", "stormy", "windy"], 40, 4)
        self.environment.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0")

    def written(self, source, name="tiny"):
        file = self.folder / f"{name}.lua"
        file.write_text(source)
        return file

    def verified(self, source, at, *options, expect=0):
        steps = [word for step in at for word in ("--at", step)]
        told = self.engram("verify-resume", self.written(source), *steps, "--json", *options, expect=expect)
        return json.loads(told.stdout.splitlines()[-1])


class Resume(ResumeCase):
    def assert_identical(self, source, at):
        found = self.verified(source, at)
        self.assertTrue(found["identical"], found)
        self.assertEqual([stop["at"] for stop in found["stops"]], at)
        for stop in found["stops"]:
            self.assertEqual(stop["compared"][:2], ["events.jsonl", "metrics.csv"])
            self.assertTrue(any("checkpoints/step-" in file for file in stop["compared"]), stop)

    def test_every_strategy(self):
        shipped = {folder.parent.name for folder in (Path(os.environ["ENGRAM_SOURCE"]) / "plugins").glob("*/CMakeLists.txt")}
        self.assertEqual(set(STRATEGIES), shipped)
        for name, entry in STRATEGIES.items():
            with self.subTest(name):
                self.assert_identical(text(entry), [7])

    def test_pairs(self):
        for pair in PAIRS:
            with self.subTest(pair):
                self.assert_identical(text(", ".join(STRATEGIES[name] for name in pair)), [10])

    def test_everything_that_remembers(self):
        for name, (source, at) in CASES.items():
            with self.subTest(name):
                self.assert_identical(source, at)

    def start(self, recipe, out, when, number=signal.SIGINT):
        """Runs, sends a signal once an event holds `when`, and returns the exit code."""
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", out], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        events, deadline = self.folder / out / "events.jsonl", time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and when in events.read_text():
                break
            time.sleep(0.002)
        process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode

    def assert_resumed_alike(self, source, moments, number=signal.SIGINT, code=5):
        recipe = self.written(source)
        self.engram("run", recipe, "--out", "straight")
        for index, when in enumerate(moments):
            out = f"stopped{index}"
            with self.subTest(when):
                self.assertEqual(self.start(recipe, out, when, number), code)
                self.engram("run", "--resume", out)
                self.assertEqual(kept(self.folder / out), kept(self.folder / "straight"))
                self.assertEqual(list((self.folder / out / "checkpoints").glob("*.before")), [])

    def test_an_interruption_in_an_evaluation_before_training_and_in_candidates(self):
        source = text(", ".join([STRATEGIES["ewc"], STRATEGIES["weight_interpolation"]]), SLOW)
        self.assert_resumed_alike(source, ['"run_started"', '"step":3,', '"step":24,"what":"last"', '"kind":"candidate"'])

    def test_a_kill_at_such_moments(self):
        source = text(", ".join([STRATEGIES["ewc"], STRATEGIES["weight_interpolation"]]), SLOW)
        self.assert_resumed_alike(source, ['"step":14,', '"kind":"candidate"'], signal.SIGKILL, -signal.SIGKILL)

    def test_an_interruption_inside_a_step_of_many_micro_batches(self):
        source = text(LORA, NOISY, train="batch_size_here", schedule=COUNTING_SCHEDULE)
        source = source.replace("batch_size = 8", "batch_size = 1").replace("batch_size_here", "accumulation = 32,")
        source = source.replace("epochs = 2", "epochs = 20")
        self.assert_resumed_alike(source, ['"step":2,', '"step":7,', '"step":11,'])

    def test_several_interruptions_of_one_run(self):
        recipe = self.written(text(LORA, NOISY, schedule=COUNTING_SCHEDULE))
        self.engram("run", recipe, "--out", "straight")
        self.engram("run", recipe, "--out", "out", "--stop-at", "3", expect=5)
        for step in [3, 5, 12, 23]:
            self.engram("run", "--resume", "out", "--stop-at", step, expect=5)
        self.engram("run", "--resume", "out", "--stop-at", "24")
        self.assertEqual(kept(self.folder / "out"), kept(self.folder / "straight"))
        self.engram("run", "--resume", "out")  # nothing is left to do but the end
        self.assertEqual(kept(self.folder / "out"), kept(self.folder / "straight"))

    def test_sittings_are_told_in_timing_and_not_among_the_events(self):
        self.engram("run", self.written(text(LORA)), "--out", "out", "--stop-at", "6", expect=5)
        self.assertEqual(self.result("out")["ending"], "interrupted")
        self.assertEqual(self.events("out")[-2]["event"], "stopped")
        self.engram("run", "--resume", "out")
        kinds = [event["event"] for event in self.events("out")]
        self.assertEqual((kinds.count("run_started"), kinds.count("stopped"), kinds.count("finished")), (1, 0, 1))
        self.assertNotIn("resumed", kinds)
        self.assertEqual(self.sittings("out"), [6])

    def test_a_best_that_no_state_knows_is_not_shown_after_a_kill(self):
        source = text(LORA, SLOW)  # states at 12 and 24, the best after each evaluation
        recipe = self.written(source)
        self.assertEqual(self.start(recipe, "out", '"step":9,"what":"best"', signal.SIGKILL), -signal.SIGKILL)
        self.assertTrue((self.folder / "out/checkpoints/best").exists())
        self.engram("run", "--resume", "out", "--stop-at", "2", expect=5)
        self.assertFalse((self.folder / "out/checkpoints/best").exists())

    def test_stop_at_names_a_step_of_one_run(self):
        recipe = self.written(text(LORA))
        refused = self.engram("run", recipe, recipe, "--stop-at", "3", expect=3)
        self.assertIn("--stop-at names a step of one run, and this makes several", " ".join(refused.stderr.split()))
        self.engram("run", recipe, "--stop-at", "-1", expect=2)

    def test_events_that_were_cut_from_outside_are_refused(self):
        self.engram("run", self.written(text(LORA)), "--out", "out", "--stop-at", "6", expect=5)
        for name in ["events.jsonl", "metrics.csv"]:
            file = self.folder / "out" / name
            file.write_bytes(file.read_bytes()[:100])
        before = (self.folder / "out/timing.jsonl").read_bytes()
        refused = " ".join(self.engram("run", "--resume", "out", expect=3).stderr.split())
        self.assertIn("events.jsonl", refused)
        self.assertIn("metrics.csv", refused)
        self.assertIn("holds 100 bytes, and held", refused)
        self.assertEqual((self.folder / "out/timing.jsonl").read_bytes(), before)


class VerifyResume(ResumeCase):
    def test_a_plugin_that_forgets_its_state_is_caught(self):
        source = text('{ "forgetful" }')
        found = self.verified(source, [10], "--plugin", FORGETFUL, expect=1)
        self.assertFalse(found["identical"])
        (stop,) = found["stops"]
        self.assertEqual((stop["difference"]["file"], stop["compared"]), ("events.jsonl", []))
        straight, resumed = (json.loads(stop["difference"][run]) for run in ["straight", "resumed"])
        self.assertEqual((straight["step"], resumed["step"]), (11, 11))
        self.assertNotEqual(straight["gradient_norm"], resumed["gradient_norm"])
        told = self.engram("verify-resume", self.folder / "tiny.lua", "--at", "10", "--plugin", FORGETFUL, "--keep", "kept",
                           expect=1)
        self.assertIn("stopped at step 10 and resumed: the runs differ first in events.jsonl, line ", told.stdout)
        self.assertTrue((self.folder / "kept/straight/events.jsonl").exists())
        self.assertTrue((self.folder / "kept/stopped-at-10/events.jsonl").exists())

    def test_the_same_plugin_that_saves_it_is_not(self):
        self.assertTrue(self.verified(text('{ "forgetful", saves = true }'), [10], "--plugin", FORGETFUL)["identical"])

    def test_it_stops_in_the_middle_and_takes_the_options_of_run(self):
        told = self.engram("verify-resume", self.written(text(LORA)), "--set", "train.epochs=1", "--device", "cpu")
        self.assertIn("stopped at step 6 and resumed: identical: events.jsonl, metrics.csv, checkpoints/best/", told.stdout)
        self.assertIn("checkpoints/step-000012/training_state.safetensors", told.stdout)

    def test_what_cannot_be_verified_is_refused(self):
        recipe = self.written(text(LORA))
        (self.folder / "kept").mkdir()
        (self.folder / "kept/file").write_text("")
        for arguments, code, fragment in [
                ([recipe, "--at", "24", "--at", "30"], 3, "ends after step 24, and cannot be stopped at step 30"),
                ([recipe, "--keep", "kept"], 3, "exists already, and holds something"),
                (["-"], 3, "standard input can be read once"),
                ([recipe, "--set", "train.epochs=-1"], 3, "the run that is to be stopped does not end by itself (exit code 3)"),
                ([recipe, "--at", "x"], 2, "--at")]:
            refused = self.engram("verify-resume", *arguments, expect=code)
            self.assertIn(fragment, " ".join(refused.stderr.split()))


if __name__ == "__main__":
    unittest.main()

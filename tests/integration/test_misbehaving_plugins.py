"""Plugins that misbehave: what they cost a run, and what --strict-plugins says of them."""

import json
import signal
import unittest
from pathlib import Path

from tiny import ENGRAM, TinyCase

FIXTURES = Path(ENGRAM).parent.parent / "fixtures/misbehaves"
FROZEN = "encoder.layer.1.output.dense.weight"


def strategy(how, since=0):
    return '{ "misbehaves", how = "%s", from = %d, task = "side" }' % (how, since)


class MisbehavingPlugins(TinyCase):
    def run_with(self, how, *options, since=0, expect=0, out="out", train=""):
        recipe = self.recipe(f"recipe_{out}", strategies=strategy(how, since), train=train)
        return self.engram("run", recipe, "--out", out, "--plugin", FIXTURES, *options, expect=expect)

    def resume_mended(self, out="out", expect=0):
        self.environment["ENGRAM_FIXTURE_MENDED"] = "1"
        try:
            return self.engram("run", "--resume", out, "--plugin", FIXTURES, expect=expect)
        finally:
            del self.environment["ENGRAM_FIXTURE_MENDED"]

    def run_mended(self, how, since, out):
        self.environment["ENGRAM_FIXTURE_MENDED"] = "1"
        try:
            return self.run_with(how, since=since, out=out)
        finally:
            del self.environment["ENGRAM_FIXTURE_MENDED"]

    def timing(self, run, event):
        lines = (self.folder / run / "timing.jsonl").read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["event"] == event]

    def test_a_plugin_that_fails_in_training_leaves_a_run_that_goes_on_once_it_is_mended(self):
        failed = self.run_with("on_update throws", since=14, expect=3, out="failed")
        self.assertIn("recipe_failed.lua:", failed.stderr)
        self.assertIn("strategy 'misbehaves', on_update: the update broke", failed.stderr)
        result = self.result("failed")
        self.assertEqual(result["ending"], "failed")
        self.assertIn("the update broke", result["reason"])
        self.assertTrue((self.folder / "failed/checkpoints/step-000012").is_dir())
        self.resume_mended("failed")
        self.run_mended("on_update throws", 14, "whole")
        self.assertEqual([line["event"] for line in self.events("failed")],
                         [line["event"] for line in self.events("whole")])
        for key in ["chosen", "steps_done", "ending"]:
            one, other = self.result("failed").get(key), self.result("whole").get(key)
            self.assertEqual(json.dumps(one).replace("failed", "X"), json.dumps(other).replace("whole", "X"), key)

    def test_a_checkpoint_that_a_plugin_cannot_save_costs_no_earlier_one(self):
        failed = self.run_with("save", since=13, expect=3)
        self.assertIn("strategy 'misbehaves', save: the saving broke", failed.stderr)
        self.assertTrue((self.folder / "out/checkpoints/step-000012").is_dir())
        self.assertFalse((self.folder / "out/checkpoints/step-000024").exists())
        self.assertEqual(self.result("out")["ending"], "failed")
        self.resume_mended()
        self.assertNotEqual(self.result("out")["ending"], "failed")

    def test_an_interrupted_run_whose_plugin_cannot_save_says_so_and_keeps_the_state_before(self):
        failed = self.run_with("save", "--stop-at", "14", since=13, expect=3)
        self.assertIn("strategy 'misbehaves', save: the saving broke", failed.stderr)
        self.assertEqual(self.result("out")["ending"], "failed")
        self.assertEqual(self.events("out")[-1]["event"], "finished")
        self.resume_mended()

    def test_a_plugin_that_fails_after_training_does_not_cost_the_result(self):
        self.run_with("not", out="fine")
        failed = self.run_with("end", expect=3, out="ended")
        self.assertIn("strategy 'misbehaves', end: the end broke", failed.stderr)
        self.assertEqual(self.events("ended")[-1]["event"], "finished")
        best = [self.result(run)["chosen"] for run in ["fine", "ended"]]
        self.assertEqual(best[0]["step"], best[1]["step"])
        self.assertEqual(best[0]["score"], best[1]["score"])
        weights = [(self.folder / run / "checkpoints/best/model.safetensors").read_bytes() for run in ["fine", "ended"]]
        self.assertEqual(*weights)
        self.engram("inspect", "ended/checkpoints/best")

    def test_a_destructor_that_throws_ends_the_program_by_name_once_the_result_is_written(self):
        failed = self.run_with("destructor", expect=3)
        self.assertIn("engram: strategy 'misbehaves', destruction: it ended the program: an exception left a "
                      "destructor, a noexcept function or a thread", failed.stderr)
        self.assertNotEqual(self.result("out")["ending"], "failed")
        self.assertEqual(self.events("out")[-1]["event"], "finished")
        self.assertTrue((self.folder / "out/checkpoints/best/model.safetensors").is_file())

    def test_a_plugin_that_crashes_is_named_and_the_run_goes_on_from_its_last_state(self):
        crashed = self.run_with("on_update crash", since=14, expect=-signal.SIGSEGV)
        self.assertIn("engram: strategy 'misbehaves', on_update: the program crashed there: a segmentation fault",
                      crashed.stderr)
        self.assertIn("`engram run --resume` goes on from it", crashed.stderr)
        self.resume_mended()
        self.assertEqual(self.result("out")["steps_done"], 24)

    def test_strict_checks_name_who_wrote_into_the_base(self):
        self.run_with("on_update base", out="loose")
        failed = self.run_with("on_update base", "--strict-plugins", expect=3, out="strict")
        self.assertIn(f"strategy 'misbehaves', on_update: it wrote into {FROZEN}, a parameter of the model, which it "
                      "did not claim", failed.stderr)
        self.assertIn("fix: write into a copy", failed.stderr)

    def test_strict_checks_refuse_a_delta_that_is_not_finite(self):
        failed = self.run_with("delta nan", "--strict-plugins", since=3, expect=3)
        self.assertIn("strategy 'misbehaves', adapter, at encoder.layer.0.attention.self.query: its delta holds a "
                      "value that is not finite", failed.stderr)

    def test_strict_checks_tell_of_slow_plugins_and_waits_at_the_end(self):
        done = self.run_with("on_gradients slow", "--strict-plugins", out="slow")
        self.assertRegex(" ".join(done.stdout.split()),  # lines are broken to the terminal's width
                         r"strategy 'misbehaves' takes \d+\.\d % of a step, \d+\.\d\d of \d+\.\d\d ms \(most of it in "
                         r"on_gradients\); above 25 % a strategy counts as slow")
        [line] = self.timing("slow", "plugins")
        self.assertEqual(len(line["warnings"]), 1)
        done = self.run_with("on_gradients item", "--strict-plugins", out="waits")
        self.assertIn("strategy 'misbehaves' waits for the device 1 times a step (on_gradients: "
                      "aten::_local_scalar_dense)", " ".join(done.stdout.split()))

    def test_strict_checks_leave_a_run_of_good_plugins_as_it_is(self):
        self.recipe("good", strategies=strategy("not"))
        self.run_with("not", out="loose")
        self.run_with("not", "--strict-plugins", out="strict")
        events = [[{key: value for key, value in line.items() if key != "run_folder"} for line in self.events(run)]
                  for run in ["loose", "strict"]]
        self.assertEqual(json.dumps(events[0]).replace("loose", "X"), json.dumps(events[1]).replace("strict", "X"))
        self.engram("plan", "good.lua", "--plugin", FIXTURES, "--strict-plugins")

    def test_verify_resume_passes_strict_checks_on(self):
        self.recipe("base", strategies=strategy("on_update base"))
        failed = self.engram("verify-resume", "base.lua", "--at", "5", "--plugin", FIXTURES, "--strict-plugins",
                             expect=3)
        self.assertIn(f"it wrote into {FROZEN}", failed.stderr + failed.stdout)


if __name__ == "__main__":
    unittest.main()

"""Stop rules that undo steps and go on at a lower rate."""

import json
import signal
import subprocess
import time

from tiny import ENGRAM, LORA, TinyCase

# Refuses the first two evaluations after the start, and counts in h.state.
TWICE = """checkpoints = { every = "evaluation" },
  stop = function(h)
    h.state.cuts = h.state.cuts or 0
    if h.last.step > 0 and h.state.cuts < 2 then
      h.state.cuts = h.state.cuts + 1
      return { rollback = true, cut = 0.5, reason = "refused for the " .. h.state.cuts .. ". time" }
    end
    return h.state.cuts > 2 and "the count was lost"
  end,"""
ALWAYS = """%s stop = function(h)
    return h.last.step > 0 and { rollback = true, cut = 0.1, reason = "never good enough" }
  end,"""


def of_kind(events, kind):
    return [event for event in events if event["event"] == kind]


class Rollback(TinyCase):
    def test_a_cut_goes_back_to_the_last_accepted_state_and_on_at_a_lower_rate(self):
        for strategies in [LORA, ""]:
            out = f"out{len(strategies)}"
            self.engram("run", self.recipe(strategies=strategies, rest=TWICE), "--out", out)
            events = self.events(out)
            undone = of_kind(events, "rolled_back")
            self.assertEqual([(event["step"], event["to_step"], event["rate_cut"]) for event in undone],
                             [(2, 0, 0.5), (2, 0, 0.25)])
            self.assertEqual(undone[1]["reason"], "refused for the 2. time")
            steps = of_kind(events, "step")
            firsts = [event for event in steps if event["step"] == 1]
            rates = [list(event["learning_rate"].values())[0] for event in steps if event["step"] == 2]
            self.assertEqual(len(rates), 3)
            self.assertAlmostEqual(rates[1] / rates[0], 0.5)
            self.assertAlmostEqual(rates[2] / rates[0], 0.25)
            # The same rows, weights and dropout as the first time: only the rate differs.
            self.assertEqual(len({event["loss"] for event in firsts}), 1)
            result = self.result(out)
            self.assertEqual(result["ending"], "all steps")
            self.assertEqual(result["chosen"]["among"], 7)  # the two refused ones are not among them

    def test_a_cut_run_that_is_interrupted_ends_like_one_that_was_not(self):
        recipe = self.recipe(rest=TWICE)
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 40"))
        self.engram("run", recipe, "--out", "straight")
        self.stop_at(recipe, '"step":15')
        self.engram("run", "--resume", "stopped")
        self.assertEqual(len(of_kind(self.events("stopped"), "rolled_back")), 2)
        self.assert_same("stopped", "straight")

    def test_a_state_saved_by_an_interruption_is_none_to_roll_back_to(self):
        rule = """stop = function(h)
          if h.last.step == 240 and not h.state.cut then
            h.state.cut = true
            return { rollback = true, cut = 0.5, reason = "once" }
          end end,"""
        recipe = self.recipe(rest=rule)
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 30"))
        self.engram("run", recipe, "--out", "straight")
        self.stop_at(recipe, '"step":100')
        self.engram("run", "--resume", "stopped")
        for run in ["straight", "stopped"]:
            (undone,) = of_kind(self.events(run), "rolled_back")
            self.assertEqual((undone["step"], undone["to_step"]), (240, 228))  # the last epoch that was accepted
        self.assert_same("stopped", "straight")

    def test_sittings_that_make_no_step_keep_the_state_to_roll_back_to(self):
        recipe = self.recipe(rest=TWICE)
        self.engram("run", recipe, "--out", "out", "--max-time", "1e-6", expect=5)
        self.engram("run", "--resume", "out", "--max-time", "1e-6", expect=5)
        self.engram("run", "--resume", "out")
        self.assertEqual([event["to_step"] for event in of_kind(self.events("out"), "rolled_back")], [0, 0])

    def test_metrics_that_an_interruption_cut_short_draw_the_same_numbers_again(self):
        rest = """metrics = { drawn = function(e)
          local number = math.random()
          for i = 1, 2e7 do end
          return number
        end },"""
        recipe = self.recipe(rest=rest)
        self.engram("run", recipe, "--out", "straight")
        self.stop_at(recipe, '"step":2')  # the first set is scored then, and the second is not
        self.engram("run", "--resume", "stopped")
        drawn = [[(event["step"], event["metrics"]) for event in of_kind(self.events(run), "evaluation")]
                 for run in ["stopped", "straight"]]
        self.assertEqual(*drawn)

    def stop_at(self, recipe, text):
        process = subprocess.Popen([ENGRAM, "run", str(recipe), "--out", "stopped"], cwd=self.folder,
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        events = self.folder / "stopped/events.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and text in events.read_text():
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5)

    def assert_same(self, run, other):
        self.assertEqual(self.result(run)["rows"], self.result(other)["rows"])
        self.assertEqual(self.result(run)["last_rows"], self.result(other)["last_rows"])
        self.assertEqual(self.result(run)["chosen"], self.result(other)["chosen"])

    def test_a_rule_that_is_never_content_ends_the_run_as_budget_not_met(self):
        rule = ALWAYS % 'checkpoints = { every = "evaluation" },'
        self.engram("run", self.recipe(rest=rule), "--out", "out", expect=4)
        result = self.result("out")
        self.assertEqual(result["ending"], "budget not met")
        self.assertEqual(result["reason"], "never good enough; the run ends, since its rate would fall below a millionth "
                                           "of what the recipe says")
        self.assertEqual(len(of_kind(self.events("out"), "rolled_back")), 6)
        self.assertFalse((self.folder / "out/checkpoints/best").exists())

    def test_without_a_saved_state_a_cut_is_a_plain_roll_back_and_says_so(self):
        self.engram("run", self.recipe(rest=ALWAYS % ""), "--out", "out", expect=4)
        self.assertEqual(self.result("out")["reason"],
                         'never good enough; the run ends, since no training state was saved to go back to '
                         '(checkpoints.every = "evaluation" saves one at each)')

    def test_a_plain_roll_back_keeps_the_best_one_before(self):
        rule = """stop = function(h)
          return h.last.step > 4 and { rollback = true, reason = "enough" } end,"""
        recipe = self.recipe(rest=rule)
        lines = ["  score = function(m) return -m.new.loss end," if line.startswith("  score = score.penalised") else line
                 for line in recipe.read_text().splitlines()]
        recipe.write_text("\n".join(lines))
        self.engram("run", recipe, "--out", "out")
        self.assertEqual(self.result("out")["ending"], "stop rule")
        self.assertEqual(self.result("out")["chosen"]["step"], 4)
        losses = {event["step"]: event["metrics"]["new"]["loss"] for event in of_kind(self.events("out"), "evaluation")}
        self.assertLess(losses[7], losses[4])  # the refused one would have been the best

    def test_a_state_at_every_evaluation_begins_at_step_zero(self):
        recipe = self.recipe(rest='checkpoints = { every = "evaluation", keep_last = 100 },')
        self.engram("run", recipe, "--out", "out")
        saved = sorted(int(folder.name[5:]) for folder in (self.folder / "out/checkpoints").glob("step-*"))
        self.assertEqual(saved, [0, 2, 4, 7, 9, 12, 24])

    def test_stop_rules_see_the_time_of_all_sittings(self):
        rule = """checkpoints = { every = "evaluation" },
          stop = function(h) return h.steps == 24 and h.seconds > 0 and h.last.step >= 4 and "seen" end,"""
        self.engram("run", self.recipe(rest=rule), "--out", "out")
        self.assertEqual(self.result("out")["reason"], "seen")
        recipe = self.recipe("long")
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 5000"))
        self.engram("run", recipe, "--out", "long", "--max-time", "1", expect=5)
        first = self.seconds_saved("long")
        self.assertGreater(first, 0.9)
        self.engram("run", "--resume", "long", "--max-time", "1", expect=5)
        self.assertGreater(self.seconds_saved("long"), first + 0.9)

    def seconds_saved(self, run):
        newest = max((self.folder / run / "checkpoints").glob("step-*"), key=lambda folder: int(folder.name[5:]))
        return json.loads((newest / "training_state.json").read_text())["seconds"]

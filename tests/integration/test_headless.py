"""Runs that nobody watches: what is printed, which code is returned, and recipes from standard input."""

import json
import os
import pty
import signal
import subprocess
import time

from tiny import ENGRAM, RECIPE, TinyCase, write_rows


class Headless(TinyCase):
    def start(self, *arguments, stdin=None, cwd=None):
        return subprocess.Popen([ENGRAM, "run", *map(str, arguments)], cwd=cwd or self.folder, env=self.environment,
                                stdin=subprocess.PIPE if stdin is not None else None, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def wait_for(self, text, run, process):
        events = self.folder / run / "events.jsonl"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if events.exists() and text in events.read_text():
                return
            time.sleep(0.005)

    def long_recipe(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 500"))
        return recipe

    def test_without_a_terminal_there_is_no_bar_and_no_colour(self):
        for arguments in [[], ["--quiet"], ["--json"]]:
            told = self.engram("run", self.recipe(), "--out", f"out{len(arguments)}{arguments}", *arguments).stdout
            self.assertNotIn("\r", told)
            self.assertNotIn("\x1b", told)

    def test_on_a_terminal_there_is_a_bar(self):
        leader, follower = pty.openpty()
        environment = dict(self.environment, TERM="xterm-256color")
        process = subprocess.Popen([ENGRAM, "run", str(self.recipe()), "--out", "out"], cwd=self.folder, env=environment,
                                   stdout=follower, stderr=follower)
        os.close(follower)
        told = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            told += part
        os.close(leader)
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertIn(b"\r\x1b[K", told)

    def test_quiet_tells_the_end_and_nothing_before_it(self):
        told = self.engram("run", self.recipe(), "--quiet", "--out", "out").stdout
        self.assertTrue(told.strip().startswith("Finished all 24 steps"), told)
        self.assertIn("run folder", told)

    def test_every_line_of_json_is_an_object_with_an_event(self):
        lines = self.engram("run", self.recipe(), "--json", "--out", "out").stdout.splitlines()
        kinds = [json.loads(line)["event"] for line in lines]
        self.assertEqual(kinds[0], "phase")
        self.assertEqual(kinds[-1], "finished")
        self.assertEqual(kinds.count("step"), 24)

    def test_json_and_quiet_do_not_go_together(self):
        self.engram("run", self.recipe(), "--json", "--quiet", expect=2)

    def test_refusals_go_to_standard_error_and_with_json_as_an_object_to_standard_output(self):
        done = self.engram("run", self.recipe(train="epoks = 3,"), "--json", expect=3)
        self.assertIn("epoks", done.stderr)
        failed = json.loads(done.stdout)
        self.assertEqual((failed["event"], failed["exit_code"]), ("failed", 3))
        self.assertIn("epoks", failed["faults"][0]["what"])
        self.assertIn("epochs", failed["faults"][0]["what"] + failed["faults"][0]["allowed"])
        self.assertEqual(self.engram("run", self.recipe(train="epoks = 3,"), expect=3).stdout, "")

    def test_a_failure_after_the_start_is_an_object_too(self):
        rule = 'stop = function(h) if h.last.step == 4 then error("my own words") end return false end,'
        lines = self.engram("run", self.recipe(rest=rule), "--json", "--out", "out", expect=3).stdout.splitlines()
        finished, failed = json.loads(lines[-2]), json.loads(lines[-1])
        self.assertEqual((finished["event"], finished["ending"]), ("finished", "failed"))
        self.assertEqual((failed["event"], failed["exit_code"]), ("failed", 3))
        self.assertIn("my own words", failed["faults"][0]["what"])

    def test_steps_tell_what_the_schedule_makes_of_strategies_numbers(self):
        recipe = self.recipe(strategies='{ "l2_sp" }')
        text = recipe.read_text().replace("schedule = schedule.linear { warmup = 0.1 },", """schedule = function(s)
          return { lr = 1, ["l2_sp.strength"] = s.step < 2 and 0.25 or 1 } end,""")
        recipe.write_text(text)
        lines = map(json.loads, self.engram("run", recipe, "--json", "--out", "out").stdout.splitlines())
        steps = [line["schedule_factors"]["l2_sp.strength"] for line in lines if line["event"] == "step"]
        self.assertEqual(steps[:3], [0.25, 0.25, 1])
        written = [event for event in self.events("out") if event["event"] == "step"]
        self.assertEqual([event["schedule_factors"]["l2_sp.strength"] for event in written], steps)

    def test_what_goes_before_the_first_step_is_told_and_accounted_for(self):
        text = RECIPE.replace('head = "from model" }', 'head = { probe = "past" } }').replace(
            "    original = {", '''    past     = { "past.csv", text = "text", label = "label", task = "wind", use = "strategies" },
    original = {''')
        write_rows(self.folder / "past.csv", ["calm", "stormy", "windy"], 40, 4)
        told = self.engram("run", self.recipe(text=text), "--out", "out").stdout
        self.assertIn("fitting a head for wind on 40 rows of data.past", told)
        self.assertIn("preparing", told[told.index("took"):])
        seconds = self.result("out")["seconds"]
        self.assertGreater(seconds["preparing"], 0)
        self.assertLessEqual(seconds["preparing"] + seconds["training"] + seconds["evaluation"], seconds["total"] + 0.01)

    def test_the_device_is_the_recipe_s_unless_the_command_line_names_one(self):
        self.engram("run", self.recipe(), "--device", "cpu", "--set", "train.epochs=1", "--out", "out")
        manifest = json.loads((self.folder / "out/manifest.json").read_text())
        self.assertEqual(manifest["device"], "cpu")
        self.assertIn(["train.device", "cpu"], manifest["overrides"])
        done = self.engram("run", self.recipe(), "--device", "tpu", expect=3)
        self.assertIn("tpu", done.stderr)

    def test_a_time_limit_that_is_no_number_above_zero_is_a_usage_error(self):
        for limit in ["0", "-1", "soon"]:
            self.assertIn("no number above 0", self.engram("run", self.recipe(), "--max-time", limit, expect=2).stderr)

    def test_exit_codes_stand_in_the_help(self):
        told = self.engram("--help").stdout
        for words in ["0 done", "1 internal", "2 usage", "3 refused", "4 forgetting budget not met", "5 interrupted",
                      "6 numbers, memory or disk failed"]:
            self.assertIn(words, " ".join(told.split()))

    def test_a_callback_that_fails_in_the_run_is_refused_and_the_last_checkpoint_is_whole(self):
        rule = """checkpoints = { every = "evaluation" },
          stop = function(h) if h.last.step > 6 and h.steps == 24 then error("broken rule") end end,"""
        done = self.engram("run", self.recipe(rest=rule), "--out", "out", expect=3)
        self.assertIn("broken rule", done.stderr)
        self.assertEqual(self.result("out")["ending"], "failed")
        *_, state = sorted((self.folder / "out/checkpoints").glob("step-*"))
        self.assertEqual(json.loads((state / "training_state.json").read_text())["step"], 4)

    def test_a_second_signal_ends_at_once_with_the_same_code(self):
        process = self.start(self.long_recipe(), "--out", "out")
        self.wait_for('"step":5', "out", process)
        for _ in range(50):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
            if process.poll() is not None:
                break
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5)

    def test_a_run_from_standard_input_goes_on_from_its_own_copy(self):
        text = self.long_recipe().read_text()
        process = self.start("-", "--out", "out", stdin=text)
        process.stdin.write(text)
        process.stdin.close()
        self.wait_for('"step":20', "out", process)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        process.stdout.close()
        process.stderr.close()
        self.assertEqual(process.returncode, 5)
        self.engram("run", "--resume", "out", "--max-time", "1", expect=5)
        (resumed,) = self.sittings("out")
        self.assertGreaterEqual(resumed, 20)
        steps = [event["step"] for event in self.events("out") if event["event"] == "step"]
        self.assertEqual(steps, list(range(1, len(steps) + 1)))

    def test_a_run_from_standard_input_goes_on_only_where_its_paths_start(self):
        text = self.recipe().read_text()
        self.engram("run", "-", "--out", "out", stdin=text)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        process = self.start("--resume", "../out", cwd=elsewhere)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn("the paths in it start at", " ".join(errors.split()))

    def test_nothing_but_the_settings_of_the_run_goes_with_resume(self):
        self.engram("run", self.recipe(), "--out", "out")
        for more in [["--out", "other"], ["--point", "a=1"], [self.recipe()]]:
            self.assertIn("--resume", self.engram("run", "--resume", "out", *more, expect=2).stderr)

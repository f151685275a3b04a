"""Runs with every shipped strategy, as a recipe writer would start them."""

import hashlib
import shutil
import signal
import subprocess
import unittest

from tiny import ENGRAM, LORA, MODEL, RECIPE, TinyCase, write_rows

# The original task's own training rows, for strategies alone.
WITH_DATA = RECIPE.replace("  strategies = {", '''  strategies = {''').replace(
    '    original = {', '''    past     = { "past.csv", text = "text", label = "label", task = "wind", use = "strategies" },
    original = {''')

KEEP_LAST = "checkpoints = { keep_last = 2 },"
EWC = '{ "ewc", data = "past", samples = 32, lambda = %s }'


class Strategies(TinyCase):
    def setUp(self):
        super().setUp()
        write_rows(self.folder / "past.csv", ["calm", "stormy", "windy"], 40, 4)

    def run_with(self, strategies, out, expect=0, rest="", train=""):
        recipe = self.recipe(strategies=strategies, text=WITH_DATA, rest=rest, train="dropout = 0, " + train)
        return self.engram("run", recipe, "--out", out, "--set", "train.epochs=1", expect=expect)

    def weights(self, out):
        files = sorted((self.folder / out / "checkpoints").glob("step-*/*.safetensors"))
        self.assertTrue(files)
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    def steps(self, out):
        return [event for event in self.events(out) if event["event"] == "step"]

    def drift(self, out):
        rows = {(row["set"], row["metric"]): row for row in self.result(out)["last_rows"] or self.result(out)["rows"]}
        return rows["original", "loss"]["now"]

    def test_every_strategy_trains_writes_a_result_and_labels_texts(self):
        all_of_them = {
            "lora": LORA,
            "dora": '{ "lora", rank = 4, dora = true, dropout = 0 }',
            "prefix": '{ "prefix_tuning", tokens = 3 }',
            "prompt": '{ "prompt_tuning", tokens = 3 }',
            "ewc": EWC % 1,
            "freezing": '{ "freezing", keep = "last 1 blocks" }',
            "rates": '{ "discriminative_lr", decay = 0.8 }',
            "replay": '{ "replay", data = "past", share = 0.25 }',
            "l2": '{ "l2_sp" }',
            "distillation": '{ "distillation" }',
            "interpolation": '{ "weight_interpolation" }',
        }
        for name, strategies in all_of_them.items():
            with self.subTest(name):
                self.run_with(strategies, name)
                self.assertEqual(self.result(name)["steps_done"], 12)
                # Texts are labelled by the best checkpoint; none is kept where nothing beat the start.
                if (self.folder / name / "checkpoints/best").exists():
                    lines = self.engram("predict", name, stdin="w5 w6 w7 w8\nw40 w41\n").stdout.splitlines()
                    self.assertEqual(len(lines), 2)

    def test_the_pull_of_ewc_keeps_the_original_task_s_loss_down_and_is_logged(self):
        self.run_with("", "plain")
        self.run_with(EWC % 100, "held")
        self.assertLess(self.drift("held"), self.drift("plain"))
        penalties = [step["penalties"]["ewc.fisher"] for step in self.steps("held")]
        self.assertEqual(penalties[0], 0)  # at the anchor
        (told,) = [event["text"] for event in self.events("held") if event["event"] == "strategy"]
        self.assertRegex(told, r"squared gradients of 32 rows under every label by its probability: mean .*, largest .*, .* % zero")
        self.assertGreater(penalties[-1], 0)

    def test_lambda_zero_is_no_ewc_bit_for_bit(self):
        self.run_with("", "plain")
        self.run_with(EWC % 0, "zero")
        plain, zero = ([(s["loss"], s["gradient_norm"]) for s in self.steps(out)] for out in ["plain", "zero"])
        self.assertEqual(plain, zero)

    def test_squared_gradients_are_computed_once_and_then_read(self):
        self.run_with(EWC % 1, "first")
        kept = list((self.folder / "cache/passes").glob("*.safetensors"))
        self.assertEqual(len(kept), 1)
        before = kept[0].stat().st_mtime_ns
        self.run_with(EWC % 1, "second")
        self.assertEqual(kept[0].stat().st_mtime_ns, before)
        self.assertEqual(self.weights("first"), self.weights("second"))
        kept[0].write_bytes(b"damaged")
        self.run_with(EWC % 1, "third")
        self.assertEqual(self.weights("first"), self.weights("third"))

    def test_a_schedule_scales_a_strategy_s_number(self):
        rest = 'schedule = function(s) return { lr = 1, ["ewc.lambda"] = s.step < 6 and 1 or 0 } end,'
        text = WITH_DATA.replace("  schedule = schedule.linear { warmup = 0.1 },\n", "")
        recipe = self.recipe(strategies=EWC % 1, text=text, rest=rest)
        self.engram("run", recipe, "--out", "out", "--set", "train.epochs=1")
        pulls = [step["penalties"]["ewc.fisher"] for step in self.steps("out")]
        self.assertEqual([pull > 0 for pull in pulls], [False] + [True] * 5 + [False] * 6)  # the first is at the anchor

    def test_a_number_that_no_strategy_takes_is_refused_before_anything_is_loaded(self):
        rest = 'schedule = function(s) return { lr = 1, ["ewc.lamda"] = 1 } end,'
        text = WITH_DATA.replace("  schedule = schedule.linear { warmup = 0.1 },\n", "")
        recipe = self.recipe(strategies=EWC % 1, text=text, rest=rest)
        refused = self.engram("plan", recipe, expect=3)
        line = next(i for i, words in enumerate(recipe.read_text().splitlines(), 1) if "schedule = function" in words)
        self.assertIn(f"tiny.lua:{line}: the schedule sets 'ewc.lamda', which no strategy of this run takes from a schedule; "
                      "did you mean 'ewc.lambda'?", refused.stderr)

    def test_replay_mixes_its_exact_share(self):
        self.run_with('{ "replay", data = "past", share = 0.2 }', "out")
        mixed = sum(step.get("mixed_examples", 0) for step in self.steps("out"))
        self.assertEqual(mixed, 24)  # 96 new rows: r / (1 - r) = 1 / 4

    def test_an_interpolated_model_that_scores_best_becomes_the_result(self):
        self.run_with('{ "weight_interpolation" }', "out")
        candidates = [e for e in self.events("out") if e["event"] == "evaluation" and e["kind"] == "candidate"]
        self.assertEqual(len(candidates), 11)
        self.assertEqual(candidates[-1]["label"], "alpha 1")
        last = [e for e in self.events("out") if e["event"] == "evaluation" and e["kind"] == "during"][-1]
        self.assertEqual(candidates[-1]["metrics"], last["metrics"])  # alpha 1 is the trained model
        best = max([*candidates, *(e for e in self.events("out") if e["event"] == "evaluation" and e["kind"] == "during")],
                   key=lambda e: e["score"])
        self.assertEqual(self.result("out")["chosen"]["score"], best["score"])

    def test_importance_travels_with_the_result_and_adds_up_in_the_next_run(self):
        self.run_with(EWC % 1, "first")
        self.assertTrue((self.folder / "first/checkpoints/best/strategies.safetensors").exists())
        text = WITH_DATA.replace('model = "%(model)s"', 'model = "first/checkpoints/best"').replace(
            'side = { kind = "classification" }', 'side = { kind = "classification", head = "from model" }')
        recipe = self.recipe(name="second", strategies=EWC % 1, text=text)
        self.engram("run", recipe, "--out", "second", "--set", "train.epochs=1")
        alone = self.recipe(name="alone", strategies='{ "ewc", data = "past", samples = 32, decay = 0 }', text=text)
        self.engram("run", alone, "--out", "alone", "--set", "train.epochs=1")
        self.assertNotEqual(self.weights("second"), self.weights("alone"))

    def test_importance_is_passed_on_by_a_run_that_has_no_use_for_it(self):
        self.run_with(EWC % 1, "first")
        text = WITH_DATA.replace('model = "%(model)s"', 'model = "first/checkpoints/best"').replace(
            'side = { kind = "classification" }', 'side = { kind = "classification", head = "from model" }')
        growing = text[:text.index("  score =")] + "score = function(m) return -m.new.loss end, checkpoints = { keep_last = 2 },\n}\n"
        self.engram("run", self.recipe(name="second", strategies="", text=growing), "--out", "second")
        carried = [self.folder / run / "checkpoints/best/strategies.safetensors" for run in ["first", "second"]]
        self.assertEqual(carried[0].read_bytes(), carried[1].read_bytes())
        text = text.replace("first/checkpoints", "second/checkpoints")
        self.engram("run", self.recipe(name="third", strategies=EWC % 1, text=text), "--out", "third")
        told = [event["text"] for event in self.events("third") if event["event"] == "strategy"]
        self.assertEqual(told[1], "adds to the importance that earlier runs left with the model")

    def test_squared_gradients_of_another_activation_are_not_taken_for_these(self):
        shutil.copytree(MODEL, self.folder / "model")
        text = WITH_DATA.replace("%(model)s", "model")
        self.engram("run", self.recipe(strategies=EWC % 1, text=text), "--out", "first", "--set", "train.epochs=1")
        config = self.folder / "model/config.json"
        config.write_text(config.read_text().replace('"gelu"', '"relu"'))
        self.engram("run", self.recipe(strategies=EWC % 1, text=text), "--out", "second", "--set", "train.epochs=1")
        self.assertEqual(len(list((self.folder / "cache/passes").glob("*.safetensors"))), 2)

    def test_a_candidate_that_keeps_the_budget_meets_it(self):
        rest = 'stop = function(h) return h.evaluations >= 2 and h.last.original.loss > h.baseline.original.loss + 0.001 and { rollback = true, reason = "too much" } end,'
        score = "score = function(m) return -m.new.loss end,"
        text = WITH_DATA[:WITH_DATA.index("  score =")] + score + "\n  %(rest)s\n}\n"
        train = "evaluations_in_first_epoch = 0, "
        self.engram("run", self.recipe(strategies="", text=text, rest=rest, train=train), "--out", "plain", expect=4)
        sweep = '{ "weight_interpolation", alphas = { 0.1, 1 } }'
        self.engram("run", self.recipe(strategies=sweep, text=text, rest=rest, train=train), "--out", "swept")
        self.assertEqual(self.result("plain")["ending"], "budget not met")
        self.assertEqual(self.result("swept")["ending"], "stop rule")
        self.assertEqual(self.result("swept")["chosen"]["label"], "alpha 0.1")

    def test_a_run_that_its_rule_ended_takes_no_further_step_when_resumed(self):
        rule = 'stop = function(h) return h.evaluations >= 2 and "two were enough" end,'
        self.engram("run", self.recipe(strategies="", text=WITH_DATA, rest=rule), "--out", "out")
        steps = self.result("out")["steps_done"]
        self.engram("run", "--resume", "out")
        result = self.result("out")
        self.assertEqual((result["steps_done"], result["ending"], result["reason"]),
                         (steps, "stop rule", "two were enough"))

    def test_a_run_that_is_refused_before_its_first_step_leaves_nothing(self):
        shutil.copytree(MODEL, self.folder / "model")
        (self.folder / "model/strategies.safetensors").write_bytes(b"damaged")
        text = WITH_DATA.replace("%(model)s", "model")
        self.engram("run", self.recipe(strategies=EWC % 1, text=text), "--out", "out", expect=3)
        self.assertFalse((self.folder / "out").exists())

    def test_a_run_that_never_reached_a_checkpoint_begins_again_when_resumed(self):
        recipe = self.recipe(strategies=EWC % 1, text=WITH_DATA, rest=KEEP_LAST)
        self.engram("run", recipe, "--out", "whole")
        shutil.copytree(self.folder / "whole", self.folder / "again")
        for checkpoint in (self.folder / "again/checkpoints").glob("step-*"):
            shutil.rmtree(checkpoint)
        self.engram("run", "--resume", "again")
        self.assertEqual(self.weights("whole"), self.weights("again"))

    def test_an_interrupt_while_candidates_are_scored_is_an_interrupt(self):
        recipe = self.recipe(strategies='{ "weight_interpolation" }', text=WITH_DATA)
        process = subprocess.Popen([ENGRAM, "run", recipe, "--out", "out", "--json"], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stdout:
            if '"alpha 0"' in line:
                process.send_signal(signal.SIGINT)
                break
        process.communicate(timeout=60)
        if process.returncode == 0:
            self.skipTest("the sweep was over before the signal came")
        self.assertEqual(process.returncode, 5)
        self.assertEqual(self.result("out")["ending"], "interrupted")
        self.engram("run", "--resume", "out")
        self.assertEqual(self.result("out")["ending"], "all steps")

    def test_an_adapter_is_no_model(self):
        self.run_with(LORA, "first")
        text = WITH_DATA.replace("%(model)s", "first/checkpoints/best")
        refused = self.engram("run", self.recipe(strategies=LORA, text=text), "--out", "out", expect=3)
        self.assertIn("holds an adapter and no model", refused.stderr)

    def test_a_run_with_every_kind_of_state_goes_on_as_if_it_had_not_stopped(self):
        strategies = ", ".join([EWC % 10, '{ "replay", data = "past", share = 0.2 }', '{ "distillation" }', '{ "l2_sp" }'])
        recipe = self.recipe(strategies=strategies, text=WITH_DATA, rest=KEEP_LAST)
        self.engram("run", recipe, "--out", "whole")
        shutil.copytree(self.folder / "whole", self.folder / "parts")
        first, second = sorted((self.folder / "parts/checkpoints").glob("step-*"))
        shutil.rmtree(second)
        self.engram("run", "--resume", "parts")
        self.assertEqual(self.weights("whole"), self.weights("parts"))

    def test_virtual_tokens_count_against_the_model_s_length(self):
        refused = self.run_with('{ "prompt_tuning", tokens = 30 }', "out", expect=3)
        self.assertIn("30 virtual tokens come before every text", refused.stderr)

    def test_importance_under_a_head_that_knows_nothing_is_refused(self):
        refused = self.run_with('{ "ewc", data = "train" }', "out", expect=3)
        self.assertIn("under the fresh head of the task 'side', which knows nothing yet", refused.stderr)

    def warnings_of(self, strategies, out, text=WITH_DATA, train=""):
        """What the plan and the run warn of; the plan knows no rows."""
        recipe = self.recipe(strategies=strategies, text=text, train="epochs = 1, " + train)
        plan = self.engram("plan", recipe).stdout
        section = plan.partition("\nwarnings\n")[2].partition("\n\n")[0]
        self.engram("run", recipe, "--out", out)
        told = [event["text"] for event in self.events(out) if event["event"] == "warning"]
        return [line.strip() for line in section.splitlines()], told

    def test_stages_beyond_the_last_step_are_warned_of(self):
        by_step = '{ "freezing", keep = "last 1 blocks", every_steps = 1000 }'
        by_epoch = '{ "freezing", keep = "last 1 blocks", every_epochs = 1 }'
        in_time = '{ "freezing", keep = "last 1 blocks", every_steps = 5 }'
        missed = "stages of 'freezing' from %s on never come: the run has %s"
        for name, strategies, expected in [("step", by_step, [missed % ("step 1,000", "12 steps")]),
                                           ("epoch", by_epoch, [missed % ("epoch 1", "1 epoch")]),
                                           ("time", in_time, [])]:
            with self.subTest(name):
                planned, told = self.warnings_of(strategies, name, text=RECIPE)
                self.assertEqual(planned, expected)
                self.assertEqual(told, expected)

    def test_strategies_that_change_nothing_are_warned_of(self):
        same = "strategy '%s' changes nothing: what trains, from when and at which rate is the same without it "
        for strategy, options, beside in [("freezing", 'freeze = { "encoder.*" }', LORA + ", "),
                                          ("freezing", 'train = { "*" }', ""), ("discriminative_lr", "decay = 1", "")]:
            with self.subTest(options):
                planned, told = self.warnings_of(beside + '{ "%s", %s }' % (strategy, options), options[:5], text=RECIPE)
                self.assertEqual(len(planned), 1)
                self.assertEqual(told, planned)
                self.assertIn(same % strategy, planned[0])
                self.assertRegex(planned[0], r"tiny\.lua:\d+\)$")

    def test_sets_for_strategies_that_nothing_reads_are_warned_of(self):
        planned, told = self.warnings_of("", "unread")
        self.assertEqual(told, planned)
        self.assertIn("data.past is there for strategies and probes, and none reads it (", "".join(planned))
        self.assertEqual(self.warnings_of('{ "replay", data = "past", share = 0.2 }', "read"), ([], []))

    def test_rows_that_strategies_share_with_training_and_evaluation_are_counted(self):
        rows = (self.folder / "past.csv").read_text().splitlines()
        with open(self.folder / "new_train.csv", "a", encoding="utf-8") as train:
            train.writelines(row.rsplit(",", 1)[0] + ",left\n" for row in rows[1:4])
        with open(self.folder / "original.csv", "a", encoding="utf-8") as original:
            original.writelines(row + "\n" for row in rows[4:6])
        planned, told = self.warnings_of('{ "replay", data = "past", share = 0.2 }', "out")
        self.assertEqual(planned, [])
        self.assertEqual(told, ["3 of the 40 rows of data.past also stand in the training data (train)"])
        flattered = "2 of its 34 rows are also read by strategies as data.past, so its scores are flattered ("
        self.assertIn(flattered, self.advice_on("data.original", "out"))
        probed = WITH_DATA.replace('head = "from model" }', 'head = { probe = "past" } }')
        self.warnings_of("", "probed", text=probed)
        self.assertIn(flattered, self.advice_on("data.original", "probed"))

    def advice_on(self, setting, run):
        return " ".join(event["reason"] for event in self.events(run)
                        if event["event"] == "advice" and event["setting"] == setting)

    def test_data_that_strategies_name_must_exist(self):
        refused = self.run_with('{ "replay", data = "pats" }', "out", expect=3)
        self.assertIn("did you mean 'past'?", refused.stderr)


if __name__ == "__main__":
    unittest.main()

"""Numbers that are not finite, and spikes: what is told, what is kept, and what recipes can do about it."""

import json
import shutil
import struct

from tiny import LORA, MODEL, TinyCase

WORD = "w95"  # in no text of the tiny task
LONG = ["--set", "train.epochs=6"]


def change_tensor(folder, tensor, change):
    """Rewrites the values (fp32) of one tensor of a model folder."""
    file = folder / "model.safetensors"
    data = bytearray(file.read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    begin, end = json.loads(data[8:8 + length])[tensor]["data_offsets"]
    begin, end = begin + 8 + length, end + 8 + length
    values = list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))
    change(values)
    data[begin:end] = struct.pack(f"<{len(values)}f", *values)
    file.write_bytes(data)


def values_of(file):
    """Every fp32 value of a safetensors file."""
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            yield from struct.unpack(f"<{(end - begin) // 4}f", data[begin:end])


def finite(value):
    return abs(value) < float("inf")


def of_kind(events, kind):
    return [event for event in events if event["event"] == kind]


class Numbers(TinyCase):
    def setUp(self):
        super().setUp()
        self.poisoned = self.folder / "poisoned"
        shutil.copytree(MODEL, self.poisoned)

        # Finite, and the mean over the 32 values is not.
        def poison(values):
            values[95 * 32:96 * 32] = [3e38] * 32
        change_tensor(self.poisoned, "bert.embeddings.word_embeddings.weight", poison)

    def add_word(self, file, row):
        """Puts the word into a row; returns the line of the file that it stands in."""
        lines = (self.folder / file).read_text().splitlines()
        lines[row] = WORD + " " + lines[row]
        (self.folder / file).write_text("\n".join(lines) + "\n")
        return row + 1

    def on_poisoned(self, *settings):
        return ["--set", f"model={self.poisoned}", *settings]

    def failed(self, *arguments):
        return " ".join(self.engram(*arguments, expect=6).stderr.split())


class NotFinite(Numbers):
    def test_a_step_is_told_with_layer_and_line_and_everything_before_it_is_kept(self):
        line = self.add_word("new_train.csv", 50)
        for name, strategies in [("lora", LORA), ("full", "")]:
            out = f"out-{name}"
            recipe = self.recipe(name, strategies=strategies, rest='checkpoints = { every = "evaluation" },')
            text = self.failed("run", recipe, "--out", out, *self.on_poisoned())
            (event,) = of_kind(self.events(out), "not_finite")
            step = event["step"]
            self.assertGreater(step, 1)
            self.assertIn(f"the loss of step {step} is not finite; the first layer whose output is not finite is "
                          f"embeddings.LayerNorm, for data.train (new_train.csv), line {line}; the step's rows are "
                          "data.train (new_train.csv), lines ", text)
            self.assertIn("in a new run, mend what those rows hold; else lower train.learning_rate", text)
            self.assertIn('train.spikes = { action = "skip" }', text)
            self.assertEqual((event["measure"], event["layer"], event["faulty_rows"]),
                             ("loss", "embeddings.LayerNorm", {"train": [line]}))
            self.assertEqual(len(event["rows"]["train"]), 8)
            self.assertIn(line, event["rows"]["train"])
            # The state before the step is kept, and holds finite weights.
            state = self.folder / out / "checkpoints" / f"step-{step - 1:06d}"
            self.assertIn(f"checkpoints/step-{step - 1:06d}, from which engram run --resume {out} goes on", text)
            self.assertTrue(all(finite(value) for value in values_of(state / "training_state.safetensors")))
            result = self.result(out)
            self.assertEqual((result["ending"], result["steps_done"]), ("failed", step - 1))
            self.assertEqual([event["step"] for event in of_kind(self.events(out), "step")], list(range(1, step)))
            # It goes on from there, and meets the same row.
            self.assertEqual(self.failed("run", "--resume", out), text)
            self.assertEqual(len(of_kind(self.events(out), "not_finite")), 1)

    def test_readers_of_json_get_the_fields(self):
        line = self.add_word("new_train.csv", 3)
        done = self.engram("run", self.recipe(), "--out", "out", "--json", *self.on_poisoned(), expect=6)
        lines = [json.loads(text) for text in done.stdout.splitlines()]
        (event,) = of_kind(lines, "not_finite")
        self.assertEqual(event["faulty_rows"], {"train": [line]})
        recipe = self.recipe("skip", train="spikes = {},")
        done = self.engram("run", recipe, "--out", "skip", "--json", *self.on_poisoned())
        self.assertEqual([event["done"] for event in of_kind([json.loads(text) for text in done.stdout.splitlines()],
                                                             "spike")], ["skipped", "skipped"])
        (failed,) = of_kind(lines, "failed")
        self.assertEqual(failed["exit_code"], 6)
        self.assertIn("embeddings.LayerNorm", failed["faults"][0]["what"])

    def test_rows_are_found_in_the_set_that_they_came_from(self):
        (self.folder / "more.csv").write_text((self.folder / "new_train.csv").read_text())
        line = self.add_word("more.csv", 7)
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace(
            "    new      =", '    more = { "more.csv", text = "text", label = "label", task = "side", use = "train" },\n'
            "    new      ="))
        text = self.failed("run", recipe, "--out", "out", *self.on_poisoned())
        self.assertIn(f"embeddings.LayerNorm, for data.more (more.csv), line {line};", text)

    def test_mixed_rows_are_found_too(self):
        (self.folder / "old_train.csv").write_text((self.folder / "original.csv").read_text())
        line = self.add_word("old_train.csv", 9)
        recipe = self.recipe(strategies='{ "replay", data = "old", share = 0.5 }')
        recipe.write_text(recipe.read_text().replace(
            "    new      =",
            '    old = { "old_train.csv", text = "text", label = "label", task = "wind", use = "strategies" },\n'
            "    new      ="))
        text = self.failed("run", recipe, "--out", "out", *self.on_poisoned(*LONG))
        self.assertIn(f"embeddings.LayerNorm, for data.old (old_train.csv), line {line};", text)
        self.assertIn("; data.old (old_train.csv), line", text.split("the step's rows are")[1])

    def test_the_untouched_model_is_told_by_set_and_line(self):
        line = self.add_word("new_test.csv", 20)
        text = self.failed("run", self.recipe(), "--out", "out", *self.on_poisoned())
        self.assertIn("the loss of 1 of the 32 rows of data.new of the untouched model is not finite: data.new "
                      f"(new_test.csv), line {line}; the first layer whose output is not finite is "
                      "embeddings.LayerNorm", text)
        self.assertTrue((self.folder / "out/manifest.json").exists())

    def test_an_evaluation_is_told_with_step_set_and_lines(self):
        # One update so large that no number survives it, and the next thing is an evaluation.
        rest = "checkpoints = { keep_last = 2 },"
        recipe = self.recipe(strategies="", rest=rest)
        recipe.write_text(recipe.read_text().replace("schedule = schedule.linear { warmup = 0.1 }",
                                                     "schedule = function(s) return s.step == 3 and 1e36 or 1 end"))
        text = self.failed("run", recipe, "--out", "out")
        self.assertIn("of data.new at step 4 is not finite: data.new (new_test.csv), lines 2, 3,", text)
        (event,) = of_kind(self.events("out"), "not_finite")
        self.assertEqual((event["step"], event["measure"]), (4, "evaluation loss"))
        self.assertEqual(len(event["rows"]["new"]), 32)

    def test_a_model_with_broken_weights_is_refused_by_every_command_that_loads_it(self):
        broken = self.folder / "broken"
        shutil.copytree(MODEL, broken)

        def spoil(values):
            values[3] = float("nan")
        change_tensor(broken, "bert.encoder.layer.1.output.dense.weight", spoil)

        def overflow(values):
            values[0] = float("inf")
        change_tensor(broken, "classifier.bias", overflow)
        (self.folder / "texts.txt").write_text("w5 w6\n")
        for command in [["run", self.recipe(), "--out", "out", "--set", f"model={broken}"],
                        ["predict", broken, "--file", "texts.txt"],
                        ["eval", broken, "--data", "original.csv", "--text", "text", "--label", "label"]]:
            text = " ".join(self.engram(*command, expect=3).stderr.split())
            self.assertIn("broken/model.safetensors: holds values that are not finite in "
                          "bert.encoder.layer.1.output.dense.weight, classifier.bias", text)
        self.assertFalse((self.folder / "out").exists())


class Spikes(Numbers):
    def spikes(self, out):
        return of_kind(self.events(out), "spike")

    def test_skip_leaves_the_step_out_and_goes_on(self):
        line = self.add_word("new_train.csv", 50)
        recipe = self.recipe(train='spikes = { action = "skip" },')
        done = self.engram("run", recipe, "--out", "out", *self.on_poisoned())
        self.assertEqual(self.result("out")["ending"], "all steps")
        spikes = self.spikes("out")
        self.assertEqual([event["spikes"] for event in spikes], [1, 2])  # one an epoch
        for event in spikes:
            self.assertEqual((event["measure"], event["value"], event["done"]), ("loss", None, "skipped"))
            self.assertIn(line, event["rows"]["train"])
            self.assertIn(f"the loss of step {event['step']} is not finite: skipped", done.stdout)
        steps = of_kind(self.events("out"), "step")
        self.assertEqual([event["step"] for event in steps], list(range(1, 25)))

    def test_a_wrong_label_is_a_spike_once_the_rest_is_learnt(self):
        lines = (self.folder / "new_train.csv").read_text().splitlines()
        text, label = lines[30].split(",")
        lines[30] = text + "," + {"left": "right", "right": "left"}[label]
        (self.folder / "new_train.csv").write_text("\n".join(lines) + "\n")
        recipe = self.recipe(strategies="", train='spikes = { factor = 4, window = 12, most = 100 },')
        self.engram("run", recipe, "--out", "out", "--set", "train.epochs=12", "--set", "train.learning_rate=2e-3")
        spikes = self.spikes("out")
        self.assertGreater(len(spikes), 5)
        for event in spikes:
            self.assertGreater(event["value"], event["threshold"])
            self.assertIn(31, event["rows"]["train"])

    def test_cut_lowers_the_rate_from_the_next_step_on(self):
        self.add_word("new_train.csv", 50)
        recipe = self.recipe(train='spikes = { action = "cut", cut = 0.25 },')
        plain = self.recipe("plain")
        self.engram("run", recipe, "--out", "cut", *self.on_poisoned())
        self.engram("run", plain, "--out", "plain")
        first, second = self.spikes("cut")
        self.assertEqual([first["done"], first["rate_cut"], second["rate_cut"]], ["rate cut", 0.25, 0.0625])
        rates = [{event["step"]: event["learning_rate"]["group 0"] for event in of_kind(self.events(run), "step")}
                 for run in ["cut", "plain"]]
        for step in rates[1]:
            left = 1 if step <= first["step"] else 0.25 if step <= second["step"] else 0.0625
            self.assertAlmostEqual(rates[0][step], rates[1][step] * left)

    # One update far too large; what the script remembers survives the roll-back, so that it comes once.
    ONCE = """schedule = function(s)
      if s.step == 14 and not s.state.done then s.state.done = true; return 300 end
      return 1
    end,"""

    def rolling(self, **train):
        settings = dict(action='"roll back"', factor=3, window=8, most=20, **train)
        recipe = self.recipe(strategies="", rest='checkpoints = { every = "evaluation" },',
                             train="spikes = { %s }," % ", ".join(f"{k} = {v}" for k, v in settings.items()))
        recipe.write_text(recipe.read_text().replace("schedule = schedule.linear { warmup = 0.1 },", self.ONCE))
        return recipe

    def test_roll_back_goes_to_the_last_accepted_state_at_a_cut_rate(self):
        self.engram("run", self.rolling(), "--out", "out")
        (back,) = of_kind(self.events("out"), "rolled_back")
        (spike,) = [event for event in self.spikes("out") if event["done"] == "rolled back"]
        self.assertEqual((back["step"], back["to_step"], back["rate_cut"]), (spike["step"], 12, 0.5))
        self.assertGreater(spike["step"], 14)
        self.assertIn(f"step {spike['step']} is ", back["reason"])
        steps = [event["step"] for event in of_kind(self.events("out"), "step")]
        self.assertEqual(steps, list(range(1, spike["step"] + 1)) + list(range(13, 25)))
        self.assertEqual(self.result("out")["ending"], "all steps")

    def test_before_any_state_was_saved_rolling_back_is_cutting(self):
        self.add_word("new_train.csv", 50)
        recipe = self.recipe(train='spikes = { action = "roll back", most = 3 },')
        text = self.failed("run", recipe, "--out", "out", *self.on_poisoned())
        # The row comes in every epoch: once before the first state, then again and again after going back.
        done = [event["done"] for event in self.spikes("out")]
        self.assertEqual(done, ["rate cut", "rolled back", "rolled back", "run ended"])
        self.assertIn("embeddings.LayerNorm", text)

    def test_more_spikes_than_allowed_end_the_run(self):
        self.add_word("new_train.csv", 50)
        recipe = self.recipe(train='spikes = { most = 1 },')
        text = self.failed("run", recipe, "--out", "out", *self.on_poisoned())
        self.assertIn("is not finite; the first layer", text)
        self.assertEqual([event["done"] for event in self.spikes("out")], ["skipped", "run ended"])
        self.assertEqual(self.result("out")["ending"], "failed")
        # Spikes that are finite.
        recipe = self.recipe("noisy", strategies="", train="spikes = { factor = 1.0001, window = 2, most = 2 },")
        text = self.failed("run", recipe, "--out", "noisy")
        self.assertIn("above 1.0001 times the mean of the last 2 steps", text)
        self.assertIn("the run's spike number 3; the step's rows are data.train (new_train.csv), lines", text)
        self.assertIn("allowed: train.spikes.most = 2", text)

    def test_a_rate_that_has_been_cut_to_nothing_ends_the_run(self):
        self.add_word("new_train.csv", 50)
        recipe = self.recipe(train='spikes = { action = "cut", cut = 0.0001 },')
        text = self.failed("run", recipe, "--out", "out", *self.on_poisoned())
        self.assertIn("the learning rate has been cut to less than a millionth of what the recipe says", text)

    def test_a_run_that_was_stopped_judges_like_one_that_was_not(self):
        for name, recipe in [("skip", self.recipe("skip", strategies="",
                                                  train="spikes = { factor = 1.2, window = 5, most = 1000 },")),
                             ("back", self.rolling())]:
            self.engram("run", recipe, "--out", f"straight-{name}")
            self.assertTrue(self.spikes(f"straight-{name}"))
            out = f"stopped-{name}"
            self.engram("run", recipe, "--out", out, "--stop-at", "9", expect=5)
            self.engram("run", "--resume", out, "--stop-at", "17", expect=5)
            self.engram("run", "--resume", out)
            events = [(self.folder / run / "events.jsonl").read_bytes() for run in [out, f"straight-{name}"]]
            self.assertEqual(*events)

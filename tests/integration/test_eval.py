"""engram eval, as a user runs it: on a run's own sets, on a file, against the base, and what is refused."""

import csv
import json
import shutil

from tiny import LORA, MODEL, TinyCase, other_weights, write_rows


class Eval(TinyCase):
    def run_with(self, strategies=LORA, name="tiny"):
        self.engram("run", self.recipe(name, strategies=strategies), "--out", name)
        return self.folder / name

    def eval(self, *arguments):
        return json.loads(self.engram("eval", *arguments, "--json").stdout)

    def refused(self, *arguments):
        return " ".join(self.engram("eval", *arguments, expect=3).stderr.split())

    def sets(self, told):
        return {entry["set"]: entry for entry in told["sets"]}

    def test_a_run_is_scored_on_its_own_sets_as_its_result_says(self):
        for name, strategies in [("lora", LORA), ("full", "")]:
            run = self.run_with(strategies, name)
            sets = self.sets(self.eval(run))
            self.assertEqual(set(sets), {"new", "original"})
            for row in self.result(name)["rows"]:
                metric = sets[row["set"]]["metrics"][row["metric"]]
                self.assertAlmostEqual(metric["value"], row["now"], places=6)
                self.assertLessEqual(metric["interval"][0], metric["value"])
                self.assertGreaterEqual(metric["interval"][1], metric["value"])
                if row["set"] == "original":
                    other = sets["original"]["compared"]
                    self.assertEqual(other["with"], "the base")
                    self.assertAlmostEqual(other["metrics"][row["metric"]]["value"], row["baseline"], places=6)
                    self.assertAlmostEqual(other["metrics"][row["metric"]]["difference"], row["change"], places=6)

    def test_a_task_that_the_base_has_no_head_for_is_compared_with_the_majority_class(self):
        run = self.run_with()
        done = self.engram("eval", run, "--task", "side")
        self.assertIn("has no head for the task 'side' (2 labels), so that the majority class stands in its place",
                      done.stderr)
        self.assertIn("compared with always '", " ".join(done.stdout.split()))
        compared = self.sets(self.eval(run, "--task", "side"))["new"]["compared"]
        self.assertEqual(set(compared["metrics"]), {"accuracy", "macro_f1"})
        with open(self.folder / "new_test.csv", newline="", encoding="utf-8") as rows:
            labels = [row["label"] for row in csv.DictReader(rows)]
        self.assertEqual(compared["metrics"]["accuracy"]["value"],
                         max(labels.count("left"), labels.count("right")) / len(labels))

    def test_every_row_can_be_written_and_adds_up_to_the_scores(self):
        run = self.run_with()
        sets = self.sets(self.eval(run, "--per-row", "rows.csv"))
        with open(self.folder / "rows.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for name, told in sets.items():
            mine = [row for row in rows if row["set"] == name]
            self.assertEqual(len(mine), told["rows"])
            right = [row["prediction"] == row["label"] for row in mine]
            before = [row["other_prediction"] == row["label"] for row in mine]
            self.assertAlmostEqual(sum(right) / len(mine), told["metrics"]["accuracy"]["value"])
            self.assertAlmostEqual(sum(float(row["loss"]) for row in mine) / len(mine),
                                   told["metrics"]["loss"]["value"], places=6)
            self.assertEqual(told["compared"]["better"], sum(now and not then for now, then in zip(right, before)))
            self.assertEqual(told["compared"]["worse"], sum(then and not now for now, then in zip(right, before)))

    def test_the_same_seed_gives_the_same_intervals(self):
        run = self.run_with()
        first, again = self.eval(run, "--resamples", "200"), self.eval(run, "--resamples", "200")
        self.assertEqual(first, again)
        self.assertEqual((first["resamples"], first["seed"]), (200, 42))
        other = self.eval(run, "--resamples", "200", "--seed", "7")
        intervals = [self.sets(told)["new"]["metrics"]["loss"]["interval"] for told in (first, other)]
        self.assertNotEqual(*intervals)
        accuracies = [self.sets(told)["new"]["metrics"]["accuracy"]["interval"] for told in (first, other)]
        self.assertEqual(*accuracies)  # Wilson's draws nothing

    def test_a_model_folder_is_scored_on_a_file(self):
        told = self.eval(MODEL, "--data", "original.csv", "--text", "text", "--label", "label")
        only = self.sets(told)["original"]
        self.assertEqual((only["rows"], only["labels"]), (32, ["calm", "stormy", "windy"]))
        self.assertIsNone(told["base"])
        self.assertIn("there is no base to compare with: no provenance.json says what it was trained from",
                      told["notes"][0])

    def test_labels_are_mapped_by_name_whatever_their_order_in_the_file(self):
        rows = [["w5 w6", "1"], ["w70 w71", "0"], ["w40", "2"]]
        with open(self.folder / "numbers.csv", "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([["text", "label"], *rows])
        names = {"0": "windy", "1": "calm", "2": "stormy"}
        with open(self.folder / "names.csv", "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([["text", "label"], *[[text, names[label]] for text, label in reversed(rows)]])
        told = [self.eval(MODEL, "--data", file, "--text", "text", "--label", "label", *more)["sets"][0]["metrics"]
                for file, more in [("names.csv", []),
                                   ("numbers.csv", ["--label-names", "0=windy", "1=calm", "2=stormy"])]]
        self.assertEqual(told[0]["accuracy"]["value"], told[1]["accuracy"]["value"])
        self.assertAlmostEqual(told[0]["loss"]["value"], told[1]["loss"]["value"], places=6)

    def test_labels_that_the_head_does_not_know_are_named_with_their_lines(self):
        (self.folder / "odd.csv").write_text("text,label\nw5 w6,calm\nw7,clam\nw8,rainy\n")
        text = self.refused(MODEL, "--data", "odd.csv", "--text", "text", "--label", "label")
        self.assertIn("odd.csv:3, column 'label': 'clam' is no label of task", text)
        self.assertIn("did you mean 'calm'?", text)
        self.assertIn("odd.csv:4, column 'label': 'rainy' is no label of task", text)
        self.assertIn("allowed: calm, stormy, windy", text)

    def test_a_file_of_another_task_is_one_fault_that_names_the_task(self):
        run = self.run_with()
        text = self.refused(run, "--data", "original.csv", "--text", "text", "--label", "label")
        self.assertTrue(text.endswith("original.csv: no label of the file is one of task 'side'; the head 'wind' has all "
                                      "of them allowed: left, right fix: add --task wind"), text)
        (self.folder / "numbers.csv").write_text("text,label\nw5,0\nw6,1\n")
        text = self.refused(run, "--data", "numbers.csv", "--text", "text", "--label", "label")
        self.assertTrue(text.endswith("numbers.csv: no label of the file is one of task 'side' allowed: left, right fix: "
                                      "name the column of the labels with --label, or map them with --label-names; the "
                                      "file has 0, 1"), text)

    def test_the_text_says_what_chance_could_explain_and_whose_the_intervals_are(self):
        run = self.run_with()
        text = " ".join(self.engram("eval", run, "--task", "side").stdout.split())
        self.assertIn("now 95 % of now other change 95 % of change", text)
        self.assertRegex(text, r"rows are right here and wrong with always '\w+'; for \d+ it is the other way round: chance "
                               r"(could explain|hardly explains) that \(McNemar's exact test, p")

    def test_columns_have_to_be_named_and_are_listed(self):
        text = self.refused(MODEL, "--data", "original.csv")
        self.assertIn("--data needs --text, the column of the texts allowed: the columns are 'text', 'label'", text)
        self.assertIn("--data needs --label, the column of the labels allowed: the columns are 'text', 'label'", text)
        self.assertIn("original.csv: has no column ''",
                      self.refused(MODEL, "--data", "original.csv", "--text", "", "--label", "label"))
        self.assertIn("none.csv: nothing is there fix: name a file with --data",
                      self.refused(MODEL, "--data", "none.csv", "--text", "text", "--label", "label"))

    def test_without_a_run_a_set_has_to_be_named(self):
        text = self.refused(MODEL)
        self.assertIn("is no run folder, so it has no evaluation sets of its own fix: name a set: --data FILE --text "
                      "COLUMN --label COLUMN", text)

    def test_the_checkpoint_of_a_run_is_scored_on_the_runs_own_sets(self):
        run = self.run_with()
        for path in [run / "checkpoints/best", "tiny/checkpoints/best/"]:
            self.assertEqual(self.eval(path)["sets"], self.eval(run)["sets"])
        shutil.copytree(run / "checkpoints/best", self.folder / "alone")
        self.assertIn("is no run folder", self.refused("alone"))

    def test_single_texts_are_refused_where_pairs_were_trained_and_the_other_way_about(self):
        columns = ["--data", "new_test.csv", "--text", "text", "--label", "label"]
        single = self.run_with()
        text = self.pair_recipe()
        self.assertIn("'side' was trained on single texts, and these are pairs fix: leave --pair out",
                      self.refused(single, *columns, "--pair", "other"))
        self.engram("run", self.recipe("pairs", text=text.split("score = ")[0] + "score = function(m) return -m.new.loss end }"),
                    "--out", "pairs")
        self.assertIn("'side' was trained on pairs of texts, and these are single texts fix: name the column of the "
                      "second text with --pair", self.refused("pairs", *columns))
        self.assertEqual(self.eval("pairs", *columns, "--pair", "other")["sets"][0]["rows"], 32)

    def test_records_of_a_run_that_were_changed_are_refused(self):
        run = self.run_with()
        record = run / "manifest.json"
        sound = record.read_text()
        for change in [lambda m: m.clear(), lambda m: m.update(recipe_folder=3), lambda m: m.update(data={}),
                       lambda m: m["recipe"]["train"].update(evaluation_batch_size="many")]:
            manifest = json.loads(sound)
            change(manifest)
            record.write_text(json.dumps(manifest))
            self.assertIn("tiny/manifest.json: does not hold what a run writes", self.refused(run))
        manifest = json.loads(sound)
        manifest["recipe"]["data"] = {}
        record.write_text(json.dumps(manifest))
        self.assertTrue(self.refused(run).endswith("tiny: the run has no evaluation set"))

    def test_sets_that_are_gone_or_changed_are_refused_together(self):
        run = self.run_with()
        write_rows(self.folder / "new_test.csv", ["left", "right"], 32, 9)
        (self.folder / "original.csv").unlink()
        text = self.refused(run)
        self.assertIn("2 things are wrong", text)
        self.assertIn("the file of data.new has changed since the run fix: put the old one back, or name the new one "
                      "with --data", text)
        self.assertIn("the file of data.original is gone fix: put it back, or name a file with --data", text)
        self.assertEqual(self.eval(run, "--data", "new_test.csv", "--text", "text", "--label", "label")["sets"][0]["task"],
                         "side")

    def test_a_task_that_there_is_no_head_for_is_refused_with_the_nearest(self):
        run = self.run_with()
        self.assertIn("the run has no evaluation set of the task 'sid'", self.refused(run, "--task", "sid"))
        text = self.refused(run, "--task", "sid", "--data", "new_test.csv", "--text", "text", "--label", "label")
        self.assertIn("has no head 'sid'; did you mean 'side' or 'wind'? allowed: side, wind", text)

    def test_another_base_is_refused_unless_it_is_forced(self):
        for name, strategies in [("lora", LORA), ("full", "")]:
            run = self.run_with(strategies, name)
            other = other_weights(MODEL, self.folder / f"other-{name}")
            text = self.refused(run, "--base", other)
            self.assertIn("another model", text)
            self.assertIn(str(other), text)
            self.assertIn(str(MODEL), text)
            told = self.eval(run, "--base", other, "--force")
            self.assertTrue(told["forced"])
            self.assertTrue(any("forced" in note for note in told["notes"]))

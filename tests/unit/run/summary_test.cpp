#include "run/summary.hpp"

#include "support/catch.hpp"

using namespace engram;

namespace {

recipe::History history(const std::vector<std::pair<int64_t, double>>& steps_and_scores) {
  recipe::History history;
  for (const auto& [step, score] : steps_and_scores) {
    history.evaluations.push_back({.step = step, .score = score});
    if (score > history.evaluations[history.best].score) history.best = history.evaluations.size() - 1;
  }
  return history;
}

std::vector<int64_t> steps_of(const recipe::History& history) {
  std::vector<int64_t> steps;
  for (const recipe::Evaluation& evaluation : history.evaluations) steps.push_back(evaluation.step);
  return steps;
}

}  // namespace

TEST_CASE("a refused evaluation that was the best hands the place back to the first of the best before it") {
  recipe::History refused = history({{0, 0.1}, {5, 0.4}, {10, 0.4}, {15, 0.9}});
  REQUIRE(refused.best == 3);
  run::remove_newest(refused);
  CHECK(steps_of(refused) == std::vector<int64_t>{0, 5, 10});
  CHECK(refused.best == 1);
}

TEST_CASE("a refused evaluation that was not the best leaves the best as it is") {
  recipe::History refused = history({{0, 0.1}, {5, 0.4}, {10, 0.2}});
  run::remove_newest(refused);
  CHECK(refused.best == 1);
  CHECK(refused.evaluations.size() == 2);
}

TEST_CASE("steps that a roll-back undid are not on the way to the last evaluation") {
  // Evaluated at 5, 10 and 15; 20 was refused and 10 restored; then evaluated at 15 and 20 again.
  const recipe::History all = history({{0, 0}, {5, 1}, {10, 2}, {15, 9}, {15, 3}, {20, 4}});
  CHECK(steps_of(run::path_of(all)) == std::vector<int64_t>{0, 5, 10, 15, 20});
  CHECK(run::path_of(all).evaluations[3].score == 3);
}

TEST_CASE(
    "the terminal shows at most six metrics of the recipe's own for each set, and all that are not its own but F1") {
  report::EvaluationView view;
  for (const std::string set : {"new", "original"}) {
    for (const std::string metric : {"accuracy", "loss", "macro_f1"})
      view.rows.push_back({.set = set, .metric = metric});
    for (int i = 0; i < 9; ++i) {
      view.rows.push_back({.set = set, .metric = "recall_" + std::to_string(i), .better = report::Better::larger});
    }
  }
  const report::EvaluationView shown = run::shortened(view);
  CHECK(shown.rows.size() == 2 * (2 + 6));
  CHECK(shown.rows.back().metric == "recall_5");
}

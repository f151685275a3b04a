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

TEST_CASE("details are macro F1 and all but six of the recipe's own metrics, unless score or stop reads them") {
  std::vector<report::EvaluationRow> rows;
  for (const std::string metric : {"accuracy", "loss", "macro_f1"}) rows.push_back({.set = "new", .metric = metric});
  for (int i = 0; i < 9; ++i) {
    rows.push_back({.set = "new", .metric = "recall_" + std::to_string(i), .better = report::Better::larger});
  }
  const auto shown = [&](const advisor::Guards& guards) {
    std::vector<report::EvaluationRow> marked = rows;
    run::mark_details(marked, guards);
    std::vector<std::string> names;
    for (const report::EvaluationRow& row : marked) {
      if (!row.detail) names.push_back(row.metric);
    }
    return names;
  };
  CHECK(shown({}).size() == 2 + 6);
  CHECK(shown({}).back() == "recall_5");
  CHECK(shown({.stop_reads = {"baseline.new.recall_8"}}).back() == "recall_8");
  CHECK(shown({.score_reads = {"new.macro_f1"}})[2] == "macro_f1");
}

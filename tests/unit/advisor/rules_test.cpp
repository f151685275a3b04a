#include "advisor/rules.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::advisor;
using recipe::History;
using recipe::Metrics;
using recipe::StopDecision;

namespace {

const Metrics kNames = {{"new", {{"accuracy", 0}, {"loss", 0}, {"macro_f1", 0}}},
                        {"original", {{"accuracy", 0}, {"loss", 0}, {"macro_f1", 0}}}};

double gain(const Metrics& now, const Metrics&) { return now.at("new").at("accuracy"); }
StopDecision never(const History&) { return {}; }

double penalised(const Metrics& now, const Metrics& baseline) {
  const double lost = baseline.at("original").at("accuracy") - now.at("original").at("accuracy");
  return now.at("new").at("accuracy") - 2 * std::max(0.0, lost - 0.01);
}

StopDecision budget(const History& history) {
  const double before = history.baseline.at("original").at("accuracy");
  const bool over = before - history.evaluations.back().metrics.at("original").at("accuracy") > 0.03;
  return {.stop = over, .rollback = over, .reason = "over"};
}

Guards guards(const Rules& rules) { return find_guards(rules, kNames, {"original"}); }

}  // namespace

TEST_CASE("a score of the new task reads that alone, and nothing it does tolerates or guards") {
  const Guards found = guards({gain, never});
  CHECK(found.score_reads == std::set<std::string>{"new.accuracy"});
  CHECK(found.stop_reads.empty());
  CHECK_FALSE(found.score_tolerates);
  CHECK_FALSE(found.stop_tolerates);
}

TEST_CASE("a penalised score reads both tasks and the baseline, and its tolerance is found") {
  const Guards found = guards({penalised, never});
  CHECK(found.score_reads == std::set<std::string>{"baseline.original.accuracy", "new.accuracy", "original.accuracy"});
  REQUIRE(found.score_tolerates);
  CHECK(std::abs(*found.score_tolerates - 0.01) < 1e-6);
}

TEST_CASE("a budget reads the original task, rolls back, and what it allows is found") {
  const Guards found = guards({gain, budget});
  CHECK(found.stop_reads == std::set<std::string>{"baseline.original.accuracy", "original.accuracy"});
  CHECK(found.stop_rolls_back);
  REQUIRE(found.stop_tolerates);
  CHECK(std::abs(*found.stop_tolerates - 0.03) < 1e-6);
}

TEST_CASE(
    "a rule that waits for a second bad evaluation is asked at one after the other, and what it allows is found") {
  int bad = 0;
  const auto next = [&](const History& history) {
    bad = budget(history).stop ? bad + 1 : 0;
    return StopDecision{.stop = bad >= 2, .rollback = bad >= 2, .reason = "over twice"};
  };
  const auto afresh = [&](const History& history) {
    bad = 0;
    return next(history);
  };
  const Guards found = guards({gain, afresh, next});
  CHECK(found.stop_rolls_back);
  REQUIRE(found.stop_tolerates);
  CHECK(std::abs(*found.stop_tolerates - 0.03) < 1e-6);
}

TEST_CASE("a rule over scores reads the score, and no metric") {
  const auto falling = [](const History& history) {
    const auto& all = history.evaluations;
    return StopDecision{.stop = all.size() > 1 && all.back().score < all[all.size() - 2].score, .reason = "falling"};
  };
  const Guards found = guards({gain, falling});
  CHECK(found.stop_reads == std::set<std::string>{"score"});
  CHECK_FALSE(found.stop_rolls_back);
}

TEST_CASE("the least of two metrics reads both") {
  const auto worst = [](const Metrics& now, const Metrics&) {
    return std::min(now.at("new").at("accuracy"), now.at("original").at("accuracy"));
  };
  CHECK(guards({worst, never}).score_reads == std::set<std::string>{"new.accuracy", "original.accuracy"});
}

TEST_CASE("a rule that fails on made-up numbers is taken to decide nothing") {
  const auto fails = [](const History&) -> StopDecision { throw RecipeError(Fault{"no such moment"}); };
  const auto fails_too = [](const Metrics&, const Metrics&) -> double { throw RecipeError(Fault{"not finite"}); };
  const Guards found = guards({fails_too, fails});
  CHECK(found.score_reads.empty());
  CHECK(found.stop_reads.empty());
}

TEST_CASE("metrics of original sets, drift and kl tell of forgetting") {
  CHECK(tells_of_forgetting("original.loss", {"original"}));
  CHECK(tells_of_forgetting("new.kl", {}));
  CHECK(tells_of_forgetting("new.drift", {}));
  CHECK_FALSE(tells_of_forgetting("new.accuracy", {"original"}));
  CHECK_FALSE(tells_of_forgetting("score", {"original"}));
}

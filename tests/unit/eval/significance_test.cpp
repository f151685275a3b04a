#include "base/json.hpp"
#include "eval/intervals.hpp"
#include "eval/metrics.hpp"
#include "eval/paired.hpp"
#include "support/catch.hpp"

using namespace engram;

namespace {

const Json& golden() {
  static const Json json = read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/significance.json");
  return json;
}

eval::Answers answers(const char* name) {
  const Json& entry = golden().at(name);
  return {.predictions = entry.at("predictions").get<std::vector<int64_t>>(),
          .losses = entry.at("losses").get<std::vector<double>>()};
}

std::vector<int64_t> labels() { return golden().at("labels").get<std::vector<int64_t>>(); }

}  // namespace

TEST_CASE("Wilson's intervals are those of statsmodels") {
  for (const Json& row : golden().at("wilson")) {
    const eval::Interval interval = eval::wilson_interval(row[0].get<int64_t>(), row[1].get<int64_t>());
    CHECK(interval.low == Approx(row[2].get<double>()).epsilon(1e-10).margin(1e-15));
    CHECK(interval.high == Approx(row[3].get<double>()).epsilon(1e-10));
  }
}

TEST_CASE("McNemar's exact test gives statsmodels' p") {
  for (const Json& row : golden().at("mcnemar")) {
    const double p = eval::mcnemar_exact({.better = row[0].get<int64_t>(), .worse = row[1].get<int64_t>()});
    CHECK(p == Approx(row[2].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("changed answers are counted in both directions, and two wrong ones are no change") {
  const eval::ChangedAnswers changed = eval::changed_answers({0, 0, 1, 1, 2}, {0, 1, 0, 1, 0}, {1, 0, 1, 1, 1});
  CHECK(changed.better == 2);
  CHECK(changed.worse == 1);
}

TEST_CASE("bootstrap intervals agree with scipy's, of one model and of the paired difference") {
  const eval::Answers now = answers("now"), reference = answers("reference");
  const auto metrics = eval::classification_metrics(labels(), now.predictions, now.losses);
  const eval::Bootstrapped found = eval::bootstrap(labels(), now, &reference, {.resamples = 20000, .seed = 1});
  for (const auto& [metric, entry] : golden().at("bootstrap").items()) {
    CHECK(metrics.at(metric) == Approx(entry.at("value").get<double>()).epsilon(1e-6));
    for (const auto& [part, intervals] : {std::pair{"now", found.now}, {"difference", found.difference}}) {
      const eval::Interval& interval = intervals.at(metric);
      CHECK(interval.low == Approx(entry.at(part)[0].get<double>()).margin(0.01));
      CHECK(interval.high == Approx(entry.at(part)[1].get<double>()).margin(0.01));
    }
  }
}

TEST_CASE("the same seed draws the same rows, another one others") {
  const eval::Answers now = answers("now");
  const auto low = [&](uint64_t seed) {
    return eval::bootstrap(labels(), now, nullptr, {.resamples = 200, .seed = seed}).now.at("loss").low;
  };
  CHECK(low(5) == low(5));
  CHECK(low(5) != low(6));
  CHECK(eval::bootstrap(labels(), now, nullptr, {.resamples = 2}).difference.empty());
}

TEST_CASE("a model compared with itself differs by nothing") {
  const eval::Answers now = answers("now");
  const eval::Bootstrapped found = eval::bootstrap(labels(), now, &now, {.resamples = 50});
  for (const auto& [metric, interval] : found.difference) {
    CHECK(interval.low == 0);
    CHECK(interval.high == 0);
  }
}

TEST_CASE("a reference without losses is compared by what it has") {
  const eval::Answers now = answers("now");
  const eval::Answers majority{.predictions = std::vector<int64_t>(now.predictions.size(), 1), .losses = {}};
  const eval::Bootstrapped found = eval::bootstrap(labels(), now, &majority, {.resamples = 50});
  CHECK(found.now.contains("loss"));
  CHECK_FALSE(found.difference.contains("loss"));
  CHECK(found.difference.contains("accuracy"));
}

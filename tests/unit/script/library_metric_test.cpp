// The library's own metrics against scikit-learn, and numpy for calibration (tests/golden/own_metrics.py).
#include <algorithm>

#include "base/json.hpp"
#include "support/processor_seconds.hpp"
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string with_metrics(const std::string& metrics) {
  return recipe_text(kTrain + "\n  score = function() return 1 end,\n  metrics = { " + metrics + " },",
                     "local metric = require 'engram.metric'");
}

// The golden file's rows, kept for the spans of the set.
struct Rows {
  Json file = read_json(std::string(ENGRAM_SOURCE_DIR) + "/tests/golden/own_metrics.json");
  std::vector<int64_t> labels = file["labels"];
  std::vector<int64_t> predictions;
  std::vector<float> probabilities;
  std::vector<std::string> groups = file["groups"];

  Rows() {
    for (const Json& row : file["probabilities"]) {
      const std::vector<float> parts = row;
      predictions.push_back(std::max_element(parts.begin(), parts.end()) - parts.begin());
      for (const float part : parts) probabilities.push_back(part / file["parts"].get<float>());
    }
  }

  recipe::ScoredSet set(bool grouped = true) const {
    recipe::ScoredSet set{{"new", false, file["classes"], grouped}, labels, predictions, probabilities, {}};
    if (grouped) set.groups = groups;
    return set;
  }
};

}  // namespace

TEST_CASE("the library's own metrics are those of scikit-learn") {
  const Rows rows;
  LoadedText loaded(with_metrics(
      "macro_recall = metric.macro_recall(), matthews = metric.matthews(), worst_group = "
      "metric.worst_group_accuracy(),\n"
      "f2_windy = metric.f_beta { class = 'windy', beta = 2 }, f_half_calm = metric.f_beta { class = 'calm', beta = "
      "0.5 },\n"
      "calibration_15 = metric.calibration_error(), calibration_10 = metric.calibration_error { bins = 10 }"));
  const std::map<std::string, double> ours = loaded.script.own_metrics(rows.set());
  REQUIRE(ours.size() == 7);
  for (const auto& [name, expected] : rows.file["expected"].items()) {
    INFO(name);
    REQUIRE(ours.at(name) == Approx(expected.get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("a set without groups is one group, and one without the class goes without its F") {
  const Rows rows;
  LoadedText loaded(with_metrics("worst = metric.worst_group_accuracy(), f = metric.f_beta { class = 'foggy' }"));
  const std::map<std::string, double> ours = loaded.script.own_metrics(rows.set(false));
  double right = 0;
  for (size_t i = 0; i < rows.labels.size(); ++i) right += rows.labels[i] == rows.predictions[i] ? 1 : 0;
  REQUIRE(ours.size() == 1);
  REQUIRE(ours.at("worst") == Approx(right / static_cast<double>(rows.labels.size())).epsilon(1e-12));
}

TEST_CASE("the calibration error counts as less is better in scores") {
  LoadedText loaded(recipe_text(kTrain + "\n  score = require('engram.score').worst_case { 'new.ece' },\n"
                                         "  metrics = { ece = require('engram.metric').calibration_error() },"));
  const recipe::Metrics measured = {{"new", {{"ece", 0.25}}}};
  REQUIRE(loaded.script.score(measured, measured) == -0.25);
}

TEST_CASE("the dearest of the library's metrics take less than half a second on 100,000 examples", "[speed]") {
  constexpr size_t kRows = 100'000;
  constexpr size_t kClasses = 4;
  std::vector<int64_t> labels;
  std::vector<std::string> groups;
  for (size_t i = 0; i < kRows; ++i) {
    labels.push_back(static_cast<int64_t>(i % kClasses));
    groups.push_back(i % 7 == 0 ? "few" : "many");
  }
  const std::vector<float> probabilities(kRows * kClasses, 0.25F);
  const recipe::ScoredSet set{{"new", false, {"a", "b", "c", "d"}, true}, labels, labels, probabilities, groups};
  for (const std::string metric : {"calibration_error", "worst_group_accuracy"}) {
    LoadedText loaded(with_metrics("own = metric." + metric + "()"));
    double fastest = 60;
    for (int round = 0; round < 3; ++round) {  // the best of three: other work on the machine only adds time
      const double start = processor_seconds();
      loaded.script.own_metrics(set);
      fastest = std::min(fastest, processor_seconds() - start);
    }
    WARN("seconds for " << metric << ": " << fastest);
    REQUIRE(fastest < 0.5);
  }
}

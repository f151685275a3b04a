#include "eval/metrics.hpp"

#include "support/catch.hpp"

using namespace engram;

TEST_CASE("metrics agree with scikit-learn on a small confusion") {
  // sklearn.metrics on y = [0 0 1 1 2 2 2], p = [0 1 1 1 2 0 3]: accuracy 4/7, macro F1 over labels 0..3 with
  // zero_division 0 = (0.5 + 0.8 + 0.5 + 0) / 4.
  const auto metrics =
      eval::classification_metrics({0, 0, 1, 1, 2, 2, 2}, {0, 1, 1, 1, 2, 0, 3}, {1, 2, 3, 4, 5, 6, 7});
  CHECK(metrics.at("accuracy") == Approx(4.0 / 7));
  CHECK(metrics.at("macro_f1") == Approx(0.45));
  CHECK(metrics.at("loss") == Approx(4));
}

TEST_CASE("the names of the metrics are those that are returned") {
  std::vector<std::string> names;
  for (const auto& [name, value] : eval::classification_metrics({0}, {0}, {0})) names.push_back(name);
  CHECK(names == eval::classification_metric_names());
}

TEST_CASE("the majority rate is the share of the most frequent label") {
  CHECK(eval::majority_rate({3, 1, 3, 3, 2}) == Approx(0.6));
}

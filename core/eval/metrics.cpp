#include "eval/metrics.hpp"

#include <algorithm>
#include <numeric>

namespace engram::eval {
namespace {

struct Counts {
  int64_t right = 0;  // predicted and true
  int64_t predicted = 0;
  int64_t present = 0;
};

double macro_f1(const std::map<int64_t, Counts>& by_class) {
  double sum = 0;
  for (const auto& [label, counts] : by_class) {
    sum += 2.0 * static_cast<double>(counts.right) / static_cast<double>(counts.predicted + counts.present);
  }
  return sum / static_cast<double>(by_class.size());
}

}  // namespace

const std::vector<std::string>& classification_metric_names() {
  static const std::vector<std::string> names = {"accuracy", "loss", "macro_f1"};
  return names;
}

std::map<std::string, double> classification_metrics(const std::vector<int64_t>& labels,
                                                     const std::vector<int64_t>& predictions,
                                                     const std::vector<double>& losses) {
  std::map<int64_t, Counts> by_class;
  int64_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    ++by_class[labels[i]].present;
    ++by_class[predictions[i]].predicted;
    if (labels[i] == predictions[i]) {
      ++by_class[labels[i]].right;
      ++right;
    }
  }
  const auto count = static_cast<double>(labels.size());
  return {{"accuracy", static_cast<double>(right) / count},
          {"macro_f1", macro_f1(by_class)},
          {"loss", std::accumulate(losses.begin(), losses.end(), 0.0) / count}};
}

double majority_rate(const std::vector<int64_t>& labels) {
  std::map<int64_t, int64_t> counts;
  int64_t most = 0;
  for (const int64_t label : labels) most = std::max(most, ++counts[label]);
  return static_cast<double>(most) / static_cast<double>(labels.size());
}

}  // namespace engram::eval

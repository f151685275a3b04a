#include "eval/paired.hpp"

#include <algorithm>
#include <cmath>

namespace engram::eval {

ChangedAnswers changed_answers(const std::vector<int64_t>& labels, const std::vector<int64_t>& reference,
                               const std::vector<int64_t>& now) {
  ChangedAnswers changed;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool right_before = reference[i] == labels[i], right_now = now[i] == labels[i];
    if (right_now && !right_before) ++changed.better;
    if (!right_now && right_before) ++changed.worse;
  }
  return changed;
}

double mcnemar_exact(const ChangedAnswers& changed) {
  const int64_t all = changed.better + changed.worse;
  const int64_t fewer = std::min(changed.better, changed.worse);
  const auto count = static_cast<double>(all);
  double tail = 0;  // of at most `fewer` heads among `all`
  for (int64_t k = 0; k <= fewer; ++k) {
    const auto heads = static_cast<double>(k);
    tail += std::exp(std::lgamma(count + 1) - std::lgamma(heads + 1) - std::lgamma(count - heads + 1) -
                     count * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

}  // namespace engram::eval

#include "eval/intervals.hpp"

#include <algorithm>
#include <cmath>

#include "base/interrupt.hpp"

namespace engram::eval {
namespace {

constexpr double kQuantile = 1.959963984540054;  // 0.975 of the normal distribution
constexpr double kTail = 0.025;

// SplitMix64 (Steele, Lea and Flood 2014): the standard's distributions differ from one library to the next.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}

  // Evenly from 0 to count - 1 (below 2^32), but for a bias of count / 2^32.
  size_t below(size_t count) {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    bits ^= bits >> 31;
    return (bits >> 32) * count >> 32;
  }

 private:
  uint64_t state_;
};

// The metrics of metrics.hpp, row by row: a resample has no lists of its own.
class Tally {
 public:
  Tally(const std::vector<int64_t>& labels, const Answers& answers, size_t classes)
      : labels_(labels), answers_(answers), counts_(classes) {}

  void clear() {
    std::fill(counts_.begin(), counts_.end(), Counts{});
    loss_ = 0;
    right_ = 0;
  }

  void add(size_t row) {
    const auto label = static_cast<size_t>(labels_[row]);
    const auto predicted = static_cast<size_t>(answers_.predictions[row]);
    ++counts_[label].occurs;
    ++counts_[predicted].occurs;
    if (label == predicted) {
      ++counts_[label].right;
      ++right_;
    }
    if (!answers_.losses.empty()) loss_ += answers_.losses[row];
  }

  std::map<std::string, double> metrics() const {
    double f1 = 0;
    int64_t present = 0;
    for (const Counts& counts : counts_) {
      if (counts.occurs == 0) continue;
      f1 += 2.0 * static_cast<double>(counts.right) / static_cast<double>(counts.occurs);
      ++present;
    }
    const auto rows = static_cast<double>(labels_.size());
    std::map<std::string, double> all = {{"accuracy", static_cast<double>(right_) / rows},
                                         {"macro_f1", f1 / static_cast<double>(present)}};
    if (!answers_.losses.empty()) all["loss"] = loss_ / rows;
    return all;
  }

 private:
  struct Counts {
    int64_t right = 0;
    int64_t occurs = 0;  // as label and as prediction
  };

  const std::vector<int64_t>& labels_;
  const Answers& answers_;
  std::vector<Counts> counts_;
  double loss_ = 0;
  int64_t right_ = 0;
};

size_t classes_in(const std::vector<int64_t>& labels, const Answers& now, const Answers* reference) {
  int64_t largest = 0;
  for (const int64_t label : labels) largest = std::max(largest, label);
  for (const int64_t label : now.predictions) largest = std::max(largest, label);
  if (reference != nullptr) {
    for (const int64_t label : reference->predictions) largest = std::max(largest, label);
  }
  return static_cast<size_t>(largest) + 1;
}

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

using Samples = std::map<std::string, std::vector<double>>;

std::map<std::string, Interval> intervals_of(Samples& samples) {
  std::map<std::string, Interval> intervals;
  for (auto& [metric, values] : samples) {
    std::sort(values.begin(), values.end());
    intervals[metric] = {quantile(values, kTail), quantile(values, 1 - kTail)};
  }
  return intervals;
}

}  // namespace

Interval wilson_interval(int64_t right, int64_t rows) {
  const auto count = static_cast<double>(rows);
  const double share = static_cast<double>(right) / count;
  const double square = kQuantile * kQuantile;
  const double centre = (share + square / (2 * count)) / (1 + square / count);
  const double half =
      kQuantile / (1 + square / count) * std::sqrt(share * (1 - share) / count + square / (4 * count * count));
  // At the ends the formula's bound is exact, and rounding is not.
  return {right == 0 ? 0 : centre - half, right == rows ? 1 : centre + half};
}

Bootstrapped bootstrap(const std::vector<int64_t>& labels, const Answers& now, const Answers* reference,
                       const Resampling& resampling) {
  const size_t classes = classes_in(labels, now, reference);
  Tally mine(labels, now, classes);
  Tally other(labels, reference != nullptr ? *reference : now, classes);
  Samples values, differences;
  Draws draws(resampling.seed);
  for (int64_t i = 0; i < resampling.resamples; ++i) {
    interrupt::check();
    mine.clear();
    other.clear();
    for (size_t drawn = 0; drawn < labels.size(); ++drawn) {
      const size_t row = draws.below(labels.size());
      mine.add(row);
      if (reference != nullptr) other.add(row);
    }
    const std::map<std::string, double> metrics = mine.metrics();
    for (const auto& [metric, value] : metrics) values[metric].push_back(value);
    if (reference == nullptr) continue;
    for (const auto& [metric, value] : other.metrics()) {
      if (metrics.contains(metric)) differences[metric].push_back(metrics.at(metric) - value);
    }
  }
  return {.now = intervals_of(values), .difference = intervals_of(differences)};
}

}  // namespace engram::eval

#include "eval/retention.hpp"

#include <algorithm>

namespace engram::eval {
namespace {

// Shares of one evaluation, averaged over the sets of each role.
struct Shares {
  double step = 0;
  double epoch = 0;
  double retained = 0;
  double gained = 0;
  double of_a_row = 0;  // what one row of each original set is of what is retained
};

std::vector<Shares> shares_of(const recipe::History& history, const std::vector<TrackedSet>& new_sets,
                              const std::vector<TrackedSet>& original_sets) {
  std::vector<Shares> series;
  for (const recipe::Evaluation& evaluation : history.evaluations) {
    Shares shares{.step = static_cast<double>(evaluation.step), .epoch = evaluation.epoch};
    int64_t counted = 0;
    for (const TrackedSet& set : original_sets) {
      const double before = history.baseline.at(set.name).at(set.metric);
      const auto kept = retained(before, evaluation.metrics.at(set.name).at(set.metric), set.floor);
      if (!kept) continue;
      shares.retained += *kept;
      if (set.rows > 0) shares.of_a_row += 1 / (static_cast<double>(set.rows) * (before - set.floor));
      ++counted;
    }
    if (counted == 0) return {};
    shares.retained /= static_cast<double>(counted);
    shares.of_a_row /= static_cast<double>(counted);
    for (const TrackedSet& set : new_sets) {
      shares.gained += gain(evaluation.metrics.at(set.name).at(set.metric), set.floor, set.reference) /
                       static_cast<double>(new_sets.size());
    }
    series.push_back(shares);
  }
  return series;
}

// Rounding apart, more than one row.
bool is_loss(double share, const Shares& at) { return share > at.of_a_row + 1e-9; }

// Where a line from `before` (> 0) at `from` to `after` (<= 0) at `to` meets zero.
CrossoverPoint zero_between(const Shares& from, double before, const Shares& to, double after) {
  const double share = before / (before - after);
  return {.step = from.step + share * (to.step - from.step), .epoch = from.epoch + share * (to.epoch - from.epoch)};
}

std::optional<CrossoverPoint> level_crossover(const std::vector<Shares>& series) {
  for (size_t i = 0; i < series.size(); ++i) {
    const double ahead = series[i].retained - series[i].gained;
    if (ahead > 0 || !is_loss(1 - series[i].retained, series[i])) continue;
    const double before = i == 0 ? 0 : series[i - 1].retained - series[i - 1].gained;
    // Without a loss the gained share may have been ahead for long.
    if (before <= 0) return CrossoverPoint{series[i].step, series[i].epoch};
    return zero_between(series[i - 1], before, series[i], ahead);
  }
  return {};
}

std::optional<CrossoverPoint> marginal_crossover(const std::vector<Shares>& series) {
  double before = 0;
  for (size_t i = 1; i < series.size(); ++i) {
    const double learnt = series[i].gained - series[i - 1].gained;
    const double lost = series[i - 1].retained - series[i].retained;
    const double worth = learnt - lost;
    if (worth < 0 && is_loss(lost, series[i]) && is_loss(1 - series[i].retained, series[i])) {
      if (before <= 0) return CrossoverPoint{series[i].step, series[i].epoch};
      return zero_between(series[i - 1], before, series[i], worth);
    }
    before = worth;
  }
  return {};
}

}  // namespace

double drop(double untouched, double now) { return untouched - now; }

std::optional<double> retained(double untouched, double now, double floor) {
  if (untouched <= floor) return {};
  return 1 - (untouched - now) / (untouched - floor);
}

double gain(double now, double floor, double reference) { return (now - floor) / (reference - floor); }

Crossover find_crossover(const recipe::History& history, const std::vector<TrackedSet>& new_sets,
                         const std::vector<TrackedSet>& original_sets) {
  const std::vector<Shares> series = shares_of(history, new_sets, original_sets);
  return {.marginal = marginal_crossover(series), .level = level_crossover(series)};
}

}  // namespace engram::eval

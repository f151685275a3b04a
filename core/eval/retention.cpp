#include "eval/retention.hpp"

namespace engram::eval {
namespace {

// Shares of one evaluation, averaged over the sets of each role.
struct Shares {
  double step = 0;
  double epoch = 0;
  double retained = 0;
  double gained = 0;
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
      ++counted;
    }
    if (counted == 0) return {};
    shares.retained /= static_cast<double>(counted);
    for (const TrackedSet& set : new_sets) {
      shares.gained += gain(evaluation.metrics.at(set.name).at(set.metric), set.floor, set.reference) /
                       static_cast<double>(new_sets.size());
    }
    series.push_back(shares);
  }
  return series;
}

// Where a line from `before` (> 0) at `from` to `after` (<= 0) at `to` meets zero.
CrossoverPoint zero_between(const Shares& from, double before, const Shares& to, double after) {
  const double share = before / (before - after);
  return {.step = from.step + share * (to.step - from.step), .epoch = from.epoch + share * (to.epoch - from.epoch)};
}

std::optional<CrossoverPoint> level_crossover(const std::vector<Shares>& series) {
  for (size_t i = 0; i < series.size(); ++i) {
    const double ahead = series[i].retained - series[i].gained;
    if (ahead > 0) continue;
    if (i == 0) return CrossoverPoint{series[i].step, series[i].epoch};
    return zero_between(series[i - 1], series[i - 1].retained - series[i - 1].gained, series[i], ahead);
  }
  return {};
}

std::optional<CrossoverPoint> marginal_crossover(const std::vector<Shares>& series) {
  double before = 0;
  for (size_t i = 1; i < series.size(); ++i) {
    const double learnt = series[i].gained - series[i - 1].gained;
    const double lost = series[i - 1].retained - series[i].retained;
    const double worth = learnt - lost;
    if (worth < 0 && i == 1) return CrossoverPoint{series[i].step, series[i].epoch};
    if (worth < 0) return zero_between(series[i - 1], before, series[i], worth);
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

#include "advisor/rules.hpp"

#include <algorithm>
#include <cmath>

#include "base/errors.hpp"
#include "recipe/metric_direction.hpp"

namespace engram::advisor {
namespace {

using recipe::History;
using recipe::Metrics;

constexpr size_t kEvaluations = 8;
constexpr double kFar = 0.6;  // a loss that every rule must notice
const std::vector<double> kOthers = {0.02, 0.3, 0.7, 0.97};

// Every number different, so that a least or a largest one is always another metric's.
Metrics level(const Metrics& names, double around) {
  Metrics metrics = names;
  int index = 0;
  for (auto& [set, numbers] : metrics) {
    for (auto& [metric, number] : numbers) number = around + 0.001 * index++;
  }
  return metrics;
}

// The untouched model at 0.8, the original task down by `lost`, everything else up by `gained`.
Metrics after(const Metrics& baseline, const std::vector<std::string>& original_sets, double lost, double gained) {
  Metrics metrics = baseline;
  for (auto& [set, numbers] : metrics) {
    for (auto& [metric, number] : numbers) {
      const bool forgets = tells_of_forgetting(set + "." + metric, original_sets);
      number += (recipe::measured_falls(metric) ? -1 : 1) * (forgets ? -lost : gained);
    }
  }
  return metrics;
}

std::optional<double> try_score(const Rules& rules, const Metrics& now, const Metrics& baseline) {
  try {
    return rules.score(now, baseline);
  } catch (const RecipeError&) {
    return std::nullopt;
  }
}

// A rule that fails on made-up numbers has decided nothing.
template <class Rule>
recipe::StopDecision try_stop(const Rule& rule, const History& history) {
  try {
    return rule(history);
  } catch (const RecipeError&) {
    return {};
  }
}

bool same(const recipe::StopDecision& a, const recipe::StopDecision& b) {
  return a.stop == b.stop && a.rollback == b.rollback && a.cut == b.cut;
}

// `number` is one of `now` or of `baseline`.
bool score_depends(const Rules& rules, const Metrics& now, const Metrics& baseline, double& number) {
  const std::optional<double> before = try_score(rules, now, baseline);
  const double kept = number;
  bool depends = false;
  for (const double other : kOthers) {
    number = other;
    depends = depends || try_score(rules, now, baseline) != before;
  }
  number = kept;
  return depends;
}

void find_score_reads(const Rules& rules, const Metrics& names, Guards& guards) {
  for (const double around : {0.4, 0.5, 0.6}) {
    Metrics now = level(names, 0.5);
    Metrics baseline = level(names, around);
    for (auto& [set, numbers] : now) {
      for (auto& [metric, number] : numbers) {
        const std::string name = set + "." + metric;
        if (score_depends(rules, now, baseline, number)) guards.score_reads.insert(name);
        if (score_depends(rules, now, baseline, baseline[set][metric])) {
          guards.score_reads.insert("baseline." + name);
        }
      }
    }
  }
}

// A run that goes well until its last evaluations, at which the original task has lost `lost`.
History course(const Metrics& names, const std::vector<std::string>& original_sets, double lost, size_t at_last = 1) {
  History history;
  history.baseline = level(names, 0.8);
  history.steps = 1000;
  for (size_t i = 0; i < kEvaluations; ++i) {
    const double gained = 0.01 * static_cast<double>(i);
    const bool last = i + at_last >= kEvaluations;
    history.evaluations.push_back({.step = static_cast<int64_t>(i) * 100,
                                   .epoch = 0.3 * static_cast<double>(i),
                                   .metrics = after(history.baseline, original_sets, last ? lost : 0, gained),
                                   .score = 0.5 + gained});
  }
  history.best = kEvaluations - 1;
  return history;
}

// The rule's first decision to stop, asked at every evaluation as in a run: some rules count what they see.
recipe::StopDecision played(const Rules& rules, const History& course) {
  History history = course;
  history.evaluations.clear();
  recipe::StopDecision decision;
  for (const recipe::Evaluation& evaluation : course.evaluations) {
    history.evaluations.push_back(evaluation);
    history.best = history.evaluations.size() - 1;
    const bool next = rules.stop_next && history.evaluations.size() > 1;
    decision = try_stop(next ? rules.stop_next : rules.stop, history);
    if (decision.stop) break;
  }
  return decision;
}

bool stop_depends(const Rules& rules, History& history, double& number) {
  const recipe::StopDecision before = try_stop(rules.stop, history);
  const double kept = number;
  bool depends = false;
  for (const double other : kOthers) {
    number = other;
    depends = depends || !same(try_stop(rules.stop, history), before);
  }
  number = kept;
  return depends;
}

void find_stop_reads(const Rules& rules, const Metrics& names, const std::vector<std::string>& original_sets,
                     Guards& guards) {
  History history = course(names, original_sets, 0);
  recipe::Evaluation& last = history.evaluations.back();
  for (auto& [set, numbers] : last.metrics) {
    for (auto& [metric, number] : numbers) {
      const std::string name = set + "." + metric;
      if (stop_depends(rules, history, number)) guards.stop_reads.insert(name);
      if (stop_depends(rules, history, history.baseline[set][metric])) guards.stop_reads.insert("baseline." + name);
    }
  }
  for (History scores = history; recipe::Evaluation & evaluation : scores.evaluations) {
    if (stop_depends(rules, scores, evaluation.score)) guards.stop_reads.insert("score");
  }
}

// The largest loss in [0, kFar] at which `notices` is still false; it is true from somewhere on.
template <class Notices>
double largest_unnoticed(const Notices& notices) {
  double low = 0;
  double high = kFar;
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    (notices(middle) ? high : low) = middle;
  }
  return low;
}

template <class DecisionAt>
void find_stop_tolerance(const DecisionAt& decision_at, Guards& guards) {
  const auto stops = [&](double lost) { return decision_at(lost).stop; };
  if (stops(0) || !stops(kFar)) return;
  guards.stop_tolerates = largest_unnoticed(stops);
  guards.stop_rolls_back = decision_at(kFar).rollback;
}

void find_tolerances(const Rules& rules, const Metrics& names, const std::vector<std::string>& original_sets,
                     Guards& guards) {
  const Metrics baseline = level(names, 0.8);
  const auto score_at = [&](double lost) {
    return try_score(rules, after(baseline, original_sets, lost, 0.05), baseline);
  };
  const std::optional<double> whole = score_at(0);
  const auto score_falls = [&](double lost) {
    const std::optional<double> score = score_at(lost);
    return whole && score && *score < *whole - 1e-12;
  };
  if (score_falls(kFar)) guards.score_tolerates = largest_unnoticed(score_falls);

  find_stop_tolerance([&](double lost) { return try_stop(rules.stop, course(names, original_sets, lost)); }, guards);
  if (guards.stop_tolerates) return;
  find_stop_tolerance([&](double lost) { return played(rules, course(names, original_sets, lost, kEvaluations / 2)); },
                      guards);
}

}  // namespace

bool tells_of_forgetting(const std::string& metric, const std::vector<std::string>& original_sets) {
  const size_t dot = metric.find('.');
  const std::string set = metric.substr(0, dot);
  const std::string name = dot == std::string::npos ? "" : metric.substr(dot + 1);
  return name == "drift" || name == "kl" ||
         std::find(original_sets.begin(), original_sets.end(), set) != original_sets.end();
}

Guards find_guards(const Rules& rules, const Metrics& names, const std::vector<std::string>& original_sets) {
  Guards guards;
  find_score_reads(rules, names, guards);
  find_stop_reads(rules, names, original_sets, guards);
  find_tolerances(rules, names, original_sets, guards);
  return guards;
}

}  // namespace engram::advisor

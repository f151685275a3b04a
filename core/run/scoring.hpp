// Scores every evaluation set, now and on the untouched model, and turns the numbers into what is reported.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/evaluator.hpp"
#include "eval/retention.hpp"
#include "recipe/history.hpp"
#include "report/views.hpp"
#include "run/material.hpp"

namespace engram::run {

class Scoring {
 public:
  // Borrows both. The model is untouched when score_untouched() is called.
  Scoring(Preparation& prepared, const Material& material);

  // The untouched model on every set. Scores are cached on disk under the hash of model, heads, data and settings, but
  // for recipes with metrics of their own, which read what the cache does not hold; what drift is measured from
  // (original data waived) is kept in memory.
  const recipe::Metrics& score_untouched();
  recipe::Metrics score_now();

  const recipe::Metrics& baseline() const { return baseline_; }
  double seconds() const { return seconds_; }  // spent scoring so far, by the clock
  double last_seconds() const { return last_seconds_; }

  std::vector<report::EvaluationRow> rows(const recipe::Metrics& now) const;
  eval::Crossover crossover(const recipe::History& history) const;

 private:
  eval::SetScores score_untouched_set(const EvaluationSet& set) const;
  // The scores' metrics and the recipe's own.
  std::map<std::string, double> measured(const EvaluationSet& set, const eval::SetScores& scores);
  report::EvaluationRow row(const EvaluationSet& set, const std::string& metric, const recipe::Metrics& now) const;

  Preparation& prepared_;
  const Material& material_;
  eval::EvaluationSettings settings_;
  recipe::Metrics baseline_;
  std::map<std::string, eval::Behaviour> untouched_;  // by set; only when original data is waived
  model::Head readout_;                               // copy of a head at the start; only then
  std::vector<eval::TrackedSet> new_sets_;
  std::vector<eval::TrackedSet> original_sets_;
  double seconds_ = 0;
  double last_seconds_ = 0;
};

}  // namespace engram::run

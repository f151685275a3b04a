// What a recipe's score and stopping rule look at, found out by calling them with changed numbers.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "recipe/history.hpp"

namespace engram::advisor {

// The recipe's callbacks; all may throw RecipeError. Calls of the first two must not depend on each other: whoever
// makes these restores the state that callbacks keep.
struct Rules {
  std::function<double(const recipe::Metrics& now, const recipe::Metrics& baseline)> score;
  std::function<recipe::StopDecision(const recipe::History& history)> stop;
  // The same rule, one evaluation after the call before, which it may have counted. Absent: as stop.
  std::function<recipe::StopDecision(const recipe::History& history)> stop_next = {};
};

struct Guards {
  std::set<std::string> score_reads;  // "new.accuracy", "baseline.original.accuracy"
  std::set<std::string> stop_reads;   // the same, and "score"
  bool stop_rolls_back = false;       // when the original task falls far
  // How much of every original metric may be lost before the score falls, or the rule stops; absent: never.
  std::optional<double> score_tolerates;
  std::optional<double> stop_tolerates;
};

// What tells of forgetting: metrics of original sets, and drift and kl of any set.
bool tells_of_forgetting(const std::string& metric, const std::vector<std::string>& original_sets);

// `names`: every set and metric that callbacks may read; the numbers mean nothing. A rule that depends on a metric only
// under conditions that made-up numbers never meet counts as not reading it.
Guards find_guards(const Rules& rules, const recipe::Metrics& names, const std::vector<std::string>& original_sets);

}  // namespace engram::advisor

// The recipe's own metrics: functions of a scored set.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "recipe/history.hpp"
#include "recipe/scored_set.hpp"
#include "script/callback.hpp"
#include "script/examples.hpp"
#include "script/state.hpp"

namespace engram::script {

struct OwnMetric {
  std::string name;
  Callback function;
};

class OwnMetrics {
 public:
  OwnMetrics(LuaState& state, std::vector<OwnMetric> metrics) : lua_(state), metrics_(std::move(metrics)) {}

  // By the name that score and stop read: a metric that returns a table gives name_key for each of its keys. Throws
  // RecipeError naming metric and set, also when a set has other names than in the trial.
  std::map<std::string, double> measure(const recipe::ScoredSet& set);

  // Measures made-up examples of every set and adds the names to `names`.
  void try_out(const std::vector<recipe::SetShape>& shapes, recipe::Metrics& names, Faults& faults);

  const std::vector<OwnMetric>& all() const { return metrics_; }

 private:
  using Numbers = std::map<std::string, double>;
  Numbers measure(const OwnMetric& metric, const recipe::ScoredSet& set);
  Numbers read(lua_State* lua, const OwnMetric& metric, const std::string& of) const;
  void try_out(const OwnMetric& metric, const recipe::ScoredSet& set, recipe::Metrics& names);
  void check_names(const OwnMetric& metric, const recipe::ScoredSet& set, const Numbers& numbers,
                   const std::vector<std::string>& expected) const;

  LuaState& lua_;
  std::vector<OwnMetric> metrics_;
  Examples examples_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> names_;  // of the trial: by set and metric
};

}  // namespace engram::script

// `require "engram.host"`: the few functions that the standard library needs from the host.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.hpp"
#include "script/lua.hpp"

namespace engram::script {

// Of which metrics less is better: those that every evaluation measures, and the recipe's own once it has been read.
struct Directions {
  bool read = false;
  std::vector<recipe::OwnMetric> own;
  // `metric` as score and stop read it: a metric that returns a table gives name_key.
  bool smaller_is_better(const std::string& metric) const;
};

// did_you_mean(name, names) -> "; did you mean 'a'?" or "".
// place(level) -> "file:line" of the function `level` calls above the caller, "" where that is not known.
// smaller_is_better(metric) -> whether less of the metric (without its set) is better. An error before the recipe has
// been read: only callbacks can know.
// `directions` must outlive the state.
void push_host_module(lua_State* lua, const Directions& directions);

}  // namespace engram::script

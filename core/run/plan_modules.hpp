// Which parts of a model the patterns of strategies meet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/preparation.hpp"

namespace engram::run {

struct ModuleMatch {
  std::string strategy;
  std::string does;     // "freezes", "trains", "sets the rate of", "adapts", "puts a prefix before"
  std::string pattern;  // numbers between dots as '*' where the strategy names modules one by one
  int64_t count = 0;
  std::string unit;  // "parameter", "projection", "attention"
};

// One entry for each pattern of a freeze, train or group claim, one for all parameters that a strategy names without a
// pattern, one for each kind of adapted projection or prefixed attention. In recipe order.
std::vector<ModuleMatch> module_matches(const Preparation& prepared);

}  // namespace engram::run

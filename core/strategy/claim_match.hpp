// Patterns of claims over parameter names, and the texts for patterns that match nothing.
#pragma once

#include <string>
#include <vector>

#include "base/errors.hpp"
#include "strategy/resolution.hpp"

namespace engram::strategy {

// Indices into `names` that the pattern matches. None: a fault naming the nearest names is added.
// `claim` says which call it was: "freeze", "train", "group".
std::vector<size_t> matching(const std::string& pattern, const std::vector<std::string>& names,
                             const std::string& claim, const StrategyClaims& claims, Faults& faults);

// "a fault of this strategy", with its recipe line.
Fault claim_fault(const StrategyClaims& claims, const std::string& what, const std::string& fix = {});

// "a, b and 34 more".
std::string a_few(const std::vector<std::string>& names);

}  // namespace engram::strategy

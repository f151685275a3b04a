// Of which metrics less is better.
#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace engram::recipe {

// Of those that evaluations measure by themselves: loss, kl and drift.
bool measured_falls(const std::string& metric);

// The recipe's own metric that `metric` is, or is a part of: a function that returns numbers by name makes name_key of
// each. The longest name that fits counts. nullptr: none.
const OwnMetric* own_metric_of(const std::vector<OwnMetric>& own, const std::string& metric);

}  // namespace engram::recipe

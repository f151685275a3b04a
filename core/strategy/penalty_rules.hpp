// penalty claims: weights that settings hold, and importances and anchors of the watched parameters' shapes.
#pragma once

#include <string>
#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every penalty, in recipe order.
void resolve_penalties(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                       Faults& faults);

// A fault unless `weight` is a declared number of the strategy and 0 or greater. `user`: "penalty 'fisher'".
void check_weight(const std::string& weight, const std::string& user, const StrategyClaims& claims, Faults& faults);

// Adds "<strategy>.<weight>" to what a schedule may scale, once.
void make_schedulable(const std::string& weight, const StrategyClaims& claims, Resolution& resolution);

}  // namespace engram::strategy

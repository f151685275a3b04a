// pass and mix claims: data sets that exist and fit, and what a pass measures.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// The most that all mixes together may bring: beyond it, a micro-batch would hold more than ten times its new examples.
constexpr double kMostMixed = 0.9;

// Appends every pass, with its patterns and its labels resolved, and every mix, in recipe order.
void resolve_data(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                  const std::vector<DataFacts>& data, Resolution& resolution, Faults& faults);

}  // namespace engram::strategy

// pass and mix claims: data sets that exist and fit, and what a pass measures.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every pass, with its patterns and its labels resolved, and every mix, in recipe order.
void resolve_data(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                  const std::vector<DataFacts>& data, Resolution& resolution, Faults& faults);

}  // namespace engram::strategy

// freeze and train claims: what trains from when, and whether two strategies disagree.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Sets `owner` and `trainability` of the model's parameters, the first view.parameters.size() entries of `tensors`.
void resolve_trainability(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                          std::vector<ResolvedTensor>& tensors, Faults& faults);

// "from the start", "from step 100", "never", "until step 100", ...: for tables and refusals.
std::string trainability_text(const std::vector<TrainabilityChange>& changes);

}  // namespace engram::strategy

// group claims: rate scales multiply over strategies, a weight decay has one owner.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Sets rate_scale and weight_decay. Patterns run over all tensors, claimed ones under their qualified names; what is
// said of a projection's weight also holds for the tensors of its adapters (claims.hpp, Group).
void resolve_groups(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults);

// Indices into `tensors` of those whose rate or decay one strategy sets: a scale other than 1, or a decay.
std::vector<size_t> scaled_tensors(const StrategyClaims& strategy, const std::vector<StrategyClaims>& claims,
                                   const std::vector<ResolvedTensor>& tensors);

}  // namespace engram::strategy

// group claims: rate scales multiply over strategies, a weight decay has one owner.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Sets rate_scale and weight_decay. Patterns run over all tensors, claimed ones under their qualified names.
void resolve_groups(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults);

}  // namespace engram::strategy

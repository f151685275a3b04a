// loss_term and project claims: what they read exists, and they have functions.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every loss term and sets the projection (the first one claimed), in recipe order. Penalties are resolved by
// then: names of penalties and terms differ within a strategy, since reports show both as "<strategy>.<name>".
void resolve_loss_terms(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                        Faults& faults);

}  // namespace engram::strategy

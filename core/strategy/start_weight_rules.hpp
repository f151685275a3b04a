// snapshot and finish claims, and which parameters need a copy from before the first step.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every finish, in recipe order, and sets `snapshot`: what snapshot claims match, what penalties without an
// anchor watch, the trunk for finishes and for loss terms that read the untouched model (with the heads that they
// name), all restricted to parameters that train at some time; the others are their own start. Trainability, penalties
// and loss terms are resolved by then.
void resolve_start_weights(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                           Resolution& resolution, Faults& faults);

}  // namespace engram::strategy

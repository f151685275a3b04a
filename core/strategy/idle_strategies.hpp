// Strategies whose settings change nothing, such as freezing what was frozen anyway.
#pragma once

#include <string>
#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// A warning for every strategy that claims only what trains, from when and at which rate, and without which all that
// would be the same. A strategy without claims watches, and is not idle.
std::vector<std::string> warnings_of_idle(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims);

}  // namespace engram::strategy

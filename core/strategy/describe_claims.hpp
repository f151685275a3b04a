// What strategies do beside deciding what trains: one line for each kind of claim, for people.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Strategy, kind of claim, what it is: {"ewc", "penalty", "fisher: 37 parameters, weight ewc.lambda"}. Adapters and
// prefixes of a strategy come as one line each.
using ClaimLine = std::array<std::string, 3>;
std::vector<ClaimLine> claim_lines(const Resolution& resolution);

}  // namespace engram::strategy

// prefix and prompt claims: sites, numbers of tokens and sources that fit the model. Who may own them is a rule of
// composition.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every prefix and sets the prompt (the first one claimed), in recipe order.
void resolve_virtual_tokens(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                            Resolution& resolution, Faults& faults);

}  // namespace engram::strategy

// What claims of several strategies do not go together, as one table: each row with its name, when it is broken, the
// text and the fix. Opposite claims on one parameter are refused where they are resolved: trainability_rules.hpp,
// group_rules.hpp.
#pragma once

#include <string>
#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Runs after everything else is resolved. Rules look at claims, never at which strategy made them.
void check_composition(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                       const std::vector<DataFacts>& data, const Resolution& resolution, Faults& faults);

// The names of the table's rows, in order.
std::vector<std::string> composition_rule_names();

}  // namespace engram::strategy

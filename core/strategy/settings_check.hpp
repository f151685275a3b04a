// A recipe's options of one strategy, checked against the parameters that its plugin declares.
#pragma once

#include "base/errors.hpp"
#include "engram/sdk/plugin.hpp"
#include "recipe/recipe.hpp"

namespace engram::strategy {

// Every declared parameter with its value, defaults spelled out. Unknown options (with the nearest name), required ones
// that are missing, wrong types and values out of range (of each number of a list or table, too) go to `faults`, each
// with its recipe line; a faulty parameter keeps its default.
sdk::Settings check_settings(const recipe::StrategyEntry& entry, const sdk::StrategyDescription& strategy,
                             Faults& faults);

// The values a parameter allows, for people: "1 to 512", "greater than 0", "'none' or 'all'"; "" when any.
std::string allowed_values(const sdk::ParameterSpec& spec);
// A setting as a recipe writes it: 8, 0.1, "none", { "query", "value" }, { ["query"] = 16 }; nil: not given.
std::string setting_text(const sdk::Setting& value);

}  // namespace engram::strategy

// From a recipe's entries to their plugins, with what is wrong as faults.
#pragma once

#include <filesystem>
#include <vector>

#include "base/errors.hpp"
#include "recipe/recipe.hpp"
#include "strategy/plugin_library.hpp"

namespace engram::strategy {

// The entry's plugin, found and loaded; nullptr, with a fault, when it cannot be.
const Plugin* load_for(const recipe::StrategyEntry& entry, const std::vector<std::filesystem::path>& search,
                       Faults& faults);

// Adds what Strategies::load would refuse in plugins and options, for a recipe that is refused for other reasons as
// well. The plugins are loaded.
void check_options(const std::vector<recipe::StrategyEntry>& entries, const std::vector<std::filesystem::path>& search,
                   Faults& faults);

}  // namespace engram::strategy

// Faults of strategies' options, for a recipe that is refused for other reasons as well.
#pragma once

#include <filesystem>
#include <vector>

#include "base/errors.hpp"
#include "recipe/recipe.hpp"

namespace engram::strategy {

// Adds what Strategies::load would refuse in plugins and options. The plugins are loaded.
void check_options(const std::vector<recipe::StrategyEntry>& entries, const std::vector<std::filesystem::path>& search,
                   Faults& faults);

}  // namespace engram::strategy

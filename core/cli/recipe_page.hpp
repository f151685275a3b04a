// docs/recipe.md: every key of a recipe, from what its readers say.
#pragma once

#include <string>
#include <vector>

#include "recipe/keys.hpp"

namespace engram::cli {

// The template with its parts filled in: `<!-- keys: train -->` is the table of a section's keys, `<!-- keys: recipe
// -->` that of the recipe's own table. Throws RecipeError for a section that has no keys, and for sections left out.
std::string recipe_page(const std::string& page, const std::vector<recipe::Key>& keys);

}  // namespace engram::cli

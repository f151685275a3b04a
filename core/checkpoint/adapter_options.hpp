// An adapter in the words of a recipe.
#pragma once

#include <string>

#include "checkpoint/adapter.hpp"

namespace engram::checkpoint {

// The strategy and the options that plan what the adapter holds, as a recipe writes them:
// { "lora", rank = 8, alpha = 16, dropout = 0.1, targets = { "query", "value" } }.
std::string recipe_entry_for(const Adapter& adapter, const sdk::ModelView& view);

}  // namespace engram::checkpoint

// `engram run a.lua b.lua`: each recipe starts from the result of the one before it.
#pragma once

#include <string>
#include <vector>

#include "run/series.hpp"

namespace engram::run {

// Each link is a run in a folder of its own, "1-a", "2-b"; chain.json records them. The `model` of every recipe but the
// first is replaced by the result of the run before, adapters folded in. A link that fails or does not meet its
// budget ends the chain with its code. `shared` holds everything of the sources but the recipe.
ExitCode run_chain(const std::vector<std::string>& recipes, const Sources& shared, const SeriesOptions& options,
                   const Console& console);

}  // namespace engram::run

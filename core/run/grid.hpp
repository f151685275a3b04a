// `engram run grid.lua`: every point of a grid, and a table over them.
#pragma once

#include "run/series.hpp"

namespace engram::run {

// Each point is a run in a folder of its own; grid.json and table.csv are written anew after each. A point that fails
// does not stop the others, an interruption does. Returns the worst code of the points. Throws RecipeError when no
// point's recipe can be read.
ExitCode run_grid(const Sources& sources, const SeriesOptions& options, const Console& console);

}  // namespace engram::run

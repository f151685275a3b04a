// What manifest.json, grid.json and chain.json say of how to go on: read strictly, since a folder may come from
// anywhere. Knows no torch, so that it can be fuzzed on its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "script/recipe_script.hpp"

namespace engram::run {

// The recipe that was begun with.
struct BegunRecipe {
  std::string file;    // "-": it came on standard input
  std::string sha256;  // of its text
  script::Overrides overrides;
};

struct BegunRun {
  BegunRecipe recipe;
  std::string recipe_folder;
  std::optional<std::string> point;        // of a grid
  std::optional<std::string> starts_from;  // the run folder before it in a chain
  bool followed = false;
};

struct BegunLink {
  BegunRecipe recipe;
  std::string folder;  // the name of a folder in the chain's
};

// Each throws DataError naming `file` where the document is not what a run writes.
BegunRun begun_run(const Json& manifest, const std::string& file);
BegunRecipe begun_grid(const Json& grid, const std::string& file);
std::vector<BegunLink> begun_chain(const Json& chain, const std::string& file);

}  // namespace engram::run

#include "cli/resumed.hpp"

#include <iostream>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "run/manifest.hpp"
#include "run/run_documents.hpp"

namespace engram::cli {
namespace {

// The recipe's file, if it still holds what it held.
std::string same_recipe(const run::BegunRecipe& begun, const std::filesystem::path& folder, const std::string& fix) {
  if (std::filesystem::exists(begun.file) && sha256(read_file(begun.file)) == begun.sha256) return begun.file;
  throw DataError({.what = "the run cannot go on: its recipe " + begun.file + " is gone or has changed since",
                   .where = folder.string(),
                   .fix = fix});
}

// Paths of a recipe from standard input start where the run was started.
void require_same_start(const std::string& start, const std::filesystem::path& folder) {
  std::error_code gone;
  if (std::filesystem::equivalent(start, std::filesystem::current_path(), gone)) return;
  throw DataError(
      {.what = "the run cannot go on from here: its recipe came on standard input, and the paths in it start "
               "at " +
               start,
       .where = folder.string(),
       .fix = "cd " + start + ", and go on from there"});
}

Resumed resumed_run(const std::filesystem::path& folder, const run::Sources& given) {
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(folder);
  const run::BegunRun begun = run::begun_run(run::manifest_to_go_on(run), run.manifest().string());
  Resumed resumed{.kind = FolderKind::run, .sources = given};
  if (begun.recipe.file == "-") {
    require_same_start(begun.recipe_folder, folder);
    resumed.input = std::make_unique<StandardInput>(run.recipe_copy());
    resumed.sources.recipe = "-";
  } else {
    resumed.sources.recipe =
        same_recipe(begun.recipe, folder, "put back the text that " + run.recipe_copy().string() + " holds");
  }
  resumed.sources.overrides = begun.recipe.overrides;
  resumed.sources.point = begun.point.value_or("");
  resumed.sources.predecessor = begun.starts_from.value_or("");
  resumed.sources.followed = begun.followed ? run::Followed::yes : run::Followed::no;
  return resumed;
}

Resumed resumed_grid(const std::filesystem::path& folder, const run::Sources& given) {
  const std::filesystem::path file = folder / "grid.json";
  const run::BegunRecipe begun = run::begun_grid(read_json(file), file.string());
  Resumed resumed{.kind = FolderKind::grid, .sources = given};
  resumed.sources.recipe = same_recipe(begun, folder, "put it back as it was, or begin a new grid");
  resumed.sources.overrides = begun.overrides;
  return resumed;
}

Resumed resumed_chain(const std::filesystem::path& folder, const run::Sources& given) {
  const std::filesystem::path file = folder / "chain.json";
  Resumed resumed{.kind = FolderKind::chain, .sources = given};
  for (const run::BegunLink& link : run::begun_chain(read_json(file), file.string())) {
    resumed.recipes.push_back(same_recipe(link.recipe, folder, "put it back as it was, or begin a new chain"));
    resumed.sources.overrides = link.recipe.overrides;
  }
  return resumed;
}

}  // namespace

StandardInput::StandardInput(const std::filesystem::path& file)
    : file_(file, std::ios::binary), before_(std::cin.rdbuf(file_.rdbuf())) {}

StandardInput::~StandardInput() { std::cin.rdbuf(before_); }

Resumed resumed(const std::filesystem::path& folder, const run::Sources& given) {
  if (std::filesystem::exists(folder / "grid.json")) return resumed_grid(folder, given);
  if (std::filesystem::exists(folder / "chain.json")) return resumed_chain(folder, given);
  return resumed_run(folder, given);
}

}  // namespace engram::cli

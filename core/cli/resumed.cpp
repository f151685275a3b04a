#include "cli/resumed.hpp"

#include <iostream>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "run/manifest.hpp"

namespace engram::cli {
namespace {

// The recipe's file, if it still holds what it held.
std::string same_recipe(const Json& record, const std::filesystem::path& folder, const std::string& fix) {
  const std::string recipe = record.at("recipe_file").get<std::string>();
  if (std::filesystem::exists(recipe) && sha256(read_file(recipe)) == record.at("recipe_sha256").get<std::string>()) {
    return recipe;
  }
  throw DataError({.what = "the run cannot go on: its recipe " + recipe + " is gone or has changed since",
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
  const Json manifest = run::manifest_to_go_on(run);
  Resumed resumed{.kind = FolderKind::run, .sources = given};
  if (manifest.at("recipe_file") == "-") {
    require_same_start(manifest.at("recipe_folder").get<std::string>(), folder);
    resumed.input = std::make_unique<StandardInput>(run.recipe_copy());
    resumed.sources.recipe = "-";
  } else {
    resumed.sources.recipe =
        same_recipe(manifest, folder, "put back the text that " + run.recipe_copy().string() + " holds");
  }
  resumed.sources.overrides = manifest.at("overrides").get<script::Overrides>();
  if (manifest.at("point").is_string()) resumed.sources.point = manifest.at("point").get<std::string>();
  const Json& chain = manifest.at("chain");
  if (chain.at("starts_from").is_string()) resumed.sources.predecessor = chain.at("starts_from").get<std::string>();
  resumed.sources.followed = chain.at("followed").get<bool>() ? run::Followed::yes : run::Followed::no;
  return resumed;
}

Resumed resumed_grid(const std::filesystem::path& folder, const run::Sources& given) {
  const Json grid = read_json(folder / "grid.json");
  Resumed resumed{.kind = FolderKind::grid, .sources = given};
  resumed.sources.recipe = same_recipe(grid, folder, "put it back as it was, or begin a new grid");
  resumed.sources.overrides = grid.at("overrides").get<script::Overrides>();
  return resumed;
}

Resumed resumed_chain(const std::filesystem::path& folder, const run::Sources& given) {
  const Json chain = read_json(folder / "chain.json");
  Resumed resumed{.kind = FolderKind::chain, .sources = given};
  for (const Json& link : chain.at("links")) {
    resumed.recipes.push_back(same_recipe(link, folder, "put it back as it was, or begin a new chain"));
    resumed.sources.overrides = link.at("overrides").get<script::Overrides>();
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

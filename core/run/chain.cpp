#include "run/chain.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "run/best_checkpoint.hpp"

namespace engram::run {
namespace {

std::string stem(const std::string& recipe) { return std::filesystem::path(recipe).stem().string(); }

std::string chain_name(const std::vector<std::string>& recipes) {
  std::vector<std::string> names;
  for (const std::string& recipe : recipes) names.push_back(stem(recipe));
  return text::join(names, "-");
}

std::string link_name(const std::vector<std::string>& recipes, size_t index) {
  return std::to_string(index + 1) + "-" + stem(recipes[index]);
}

// What is wrong with a later recipe is told before the first one trains.
void check_recipes(const std::vector<std::string>& recipes, const Sources& shared) {
  Faults faults;
  for (const std::string& recipe : recipes) {
    if (recipe == "-") {
      faults.add(Fault{.what = "a chain cannot read a recipe from standard input", .fix = "save it as a file"});
      continue;
    }
    try {
      if (!script::RecipeScript::points(recipe, shared.scripts).empty()) {
        faults.add({.what = "is a grid, and a chain goes from one run to the next",
                    .where = recipe,
                    .fix = "run the grid by itself, and chain a recipe with the values of its best point"});
        continue;
      }
      script::RecipeScript::load(recipe, shared.overrides, shared.scripts);
    } catch (const RecipeError& error) {
      for (const Fault& fault : error.faults()) faults.add(fault);
    }
  }
  faults.raise<RecipeError>();
}

void write_record(const std::filesystem::path& folder, const std::vector<std::string>& recipes, const Sources& shared) {
  Json links = Json::array();
  for (size_t i = 0; i < recipes.size(); ++i) {
    Sources one = shared;
    one.recipe = recipes[i];
    Json link = recipe_record(one);
    link["folder"] = link_name(recipes, i);
    links.push_back(link);
  }
  write_file_atomically(folder / "chain.json", Json{{"format", 1}, {"links", links}}.dump(2) + "\n");
}

}  // namespace

ExitCode run_chain(const std::vector<std::string>& recipes, const Sources& shared, const SeriesOptions& options,
                   const Console& console) {
  check_recipes(recipes, shared);
  Series series(options, chain_name(recipes), console,
                [&](const std::filesystem::path& folder) { write_record(folder, recipes, shared); });
  for (size_t i = 0; i < recipes.size(); ++i) {
    Sources sources = shared;
    sources.recipe = recipes[i];
    sources.followed = i + 1 < recipes.size() ? Followed::yes : Followed::no;
    if (i > 0) {
      sources.predecessor = std::filesystem::absolute(series.folder() / link_name(recipes, i - 1)).lexically_normal();
      const Result result = result_of(sources.predecessor);
      series.note(recipes[i] + " starts from " + result.words + ": " + result.folder.string());
      sources.overrides.emplace_back("model", result.folder.string());
    }
    const Outcome outcome = series.run(sources, link_name(recipes, i));
    if (outcome.exit_code == ExitCode::done) continue;
    if (i == 0 && outcome.exit_code == ExitCode::refused) series.discard();
    if (i + 1 < recipes.size()) series.note("the chain ends here: " + recipes[i] + " did not end well");
    if (outcome.exit_code == ExitCode::interrupted) {
      series.note("engram run --resume " + series.folder().string() + "  go on where this stopped");
    }
    return outcome.exit_code;
  }
  return ExitCode::done;
}

}  // namespace engram::run

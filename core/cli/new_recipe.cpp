#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/installation.hpp"
#include "cli/commands.hpp"
#include "run/new_recipe.hpp"

namespace engram::cli {

void add_new(CLI::App& app, Context&) {
  CLI::App& group = *app.add_subcommand("new", "Writes a first recipe, or a project for a strategy of your own");
  group.require_subcommand(1);
  add_new_plugin(group);
  CLI::App& command =
      *group.add_subcommand("recipe", "Looks at a model and data files, and writes a commented recipe that runs");
  auto request = std::make_shared<run::NewRecipeRequest>();
  command.add_option("--model", request->model, "The model: a folder in Hugging Face layout, or org/name in the cache")
      ->required();
  command.add_option("--new", request->new_file, "Rows of the new task: CSV, TSV or JSON Lines")->required();
  command.add_option("--original", request->original_file, "Rows of the original task")->required();
  command.add_option("--new-test", request->new_test, "Rows that score the new task; otherwise a fifth of --new");
  command.add_option("--original-test", request->original_test, "Rows that score the original task");
  command.add_option("--out", request->out, "Where to write the recipe")->capture_default_str();
  command.callback([request] {
    request->scripts = Installation::locate().scripts;
    const run::NewRecipe made = run::make_new_recipe(*request);
    for (const run::NewFile& file : made.files) write_file_atomically(file.path, file.bytes);
    std::cout << made.told << "\nWrote " << request->out.string() << ". Next: engram plan " << request->out.string()
              << "\n";
  });
}

}  // namespace engram::cli

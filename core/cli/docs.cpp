#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/installation.hpp"
#include "cli/commands.hpp"
#include "cli/described_strategies.hpp"
#include "cli/editor_types.hpp"
#include "cli/library_page.hpp"
#include "cli/recipe_page.hpp"
#include "strategy/plugin_finder.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::filesystem::path page;
  std::vector<std::string> names;
  std::vector<std::filesystem::path> places;
};

constexpr const char* kRecipePage =
    "# Keys of a recipe\n\n<!-- keys: recipe -->\n\n## tasks\n\n<!-- keys: tasks.<name> -->\n\n"
    "<!-- keys: tasks.<name>.head -->\n\n## data\n\n<!-- keys: data.<name> -->\n\n## strategies\n\n"
    "<!-- keys: strategies[<n>] -->\n\n## train\n\n<!-- keys: train -->\n\n## checkpoints\n\n"
    "<!-- keys: checkpoints -->\n\n## metrics\n\n<!-- keys: metrics.<name> -->\n";
constexpr const char* kLibraryPage =
    "# The Lua of recipes\n\n## The library\n\n<!-- functions -->\n## Functions of a recipe\n\n<!-- callbacks -->\n"
    "## Names\n\n<!-- globals -->\n\n<!-- withheld -->\n";

std::string page_text(const Options& options, const char* otherwise) {
  return options.page.empty() ? otherwise : read_file(options.page);
}

void add_page(CLI::App& command, const std::shared_ptr<Options>& options) {
  command.add_option("--page", options->page, "A page to fill in: its lines <!-- ... --> are replaced")
      ->check(CLI::ExistingFile);
}

script::Library library() { return script::read_library(Installation::locate().scripts); }

}  // namespace

void add_docs(CLI::App& app, Context&) {
  CLI::App& group = *app.add_subcommand("docs", "Writes what recipes may say: keys, Lua functions, types for editors");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App& keys = *group.add_subcommand("recipe", "Every key of a recipe, as a page");
  add_page(keys, options);
  keys.callback([options] { std::cout << recipe_page(page_text(*options, kRecipePage), recipe::describe_keys()); });

  CLI::App& functions = *group.add_subcommand("lua", "The Lua library and what a recipe's functions get, as a page");
  add_page(functions, options);
  functions.callback([options] { std::cout << library_page(page_text(*options, kLibraryPage), library()); });

  CLI::App& types = *group.add_subcommand("types", "Types for Lua editors (LuaCATS)");
  types.add_option("names", options->names, "Strategies by id or plugin file; otherwise every plugin that fits");
  types.add_option("--plugin", options->places, "A plugin file or a folder of plugins; before all others");
  types.callback([options] {
    const auto strategies = described_strategies(options->names, strategy::plugin_search_path(options->places));
    std::cout << editor_types(recipe::describe_keys(), library(), strategies);
  });
}

}  // namespace engram::cli

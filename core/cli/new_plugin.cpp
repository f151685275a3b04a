#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/installation.hpp"
#include "cli/commands.hpp"
#include "run/new_plugin.hpp"
#include "strategy/plugin_finder.hpp"

namespace engram::cli {
namespace {

void write(run::NewPluginRequest request) {
  const Installation here = Installation::locate();
  request.templates = here.plugin_template;
  for (const strategy::FoundPlugin& plugin : strategy::list_plugins(strategy::plugin_search_path())) {
    request.known.push_back(plugin.id);
  }
  const std::filesystem::path out = request.out.empty() ? std::filesystem::path(request.name) : request.out;
  const std::filesystem::path prefix = here.program.parent_path().parent_path();
  for (const run::NewFile& file : run::make_new_plugin(request)) {
    write_file_atomically(file.path, file.bytes);
    std::cout << "  " << file.path.string() << "\n";
  }
  std::cout << "\nNext, in " << out.string() << ":\n"
            << "  cmake -B build -D CMAKE_PREFIX_PATH=\"" << prefix.string() << "\"\n"
            << "  cmake --build build && ctest --test-dir build\n"
            << "  engram run recipe.lua --plugin build --set model=FOLDER\n";
}

}  // namespace

void add_new_plugin(CLI::App& group) {
  CLI::App& command =
      *group.add_subcommand("plugin", "Writes a project for a strategy of your own: source, test, recipe, build");
  const auto request = std::make_shared<run::NewPluginRequest>();
  command.add_option("name", request->name, "The strategy's id, such as gentle_tuning")->required();
  command.add_option("--out", request->out, "The folder to write; otherwise one of the strategy's name");
  command.callback([request] { write(*request); });
}

}  // namespace engram::cli

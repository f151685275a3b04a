#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/sources.hpp"
#include "run/plan_text.hpp"

namespace engram::cli {

void add_plan(CLI::App& app, Context&) {
  auto options = std::make_shared<SourceOptions>();
  CLI::App& command =
      *app.add_subcommand("plan", "Says what a recipe would do, and refuses what it could not; loads no weights");
  command.add_option("recipe", options->recipe, "The recipe, a Lua file; - for standard input")->required();
  options->add_to(command);
  command.callback([options] {
    run::Preparation prepared = run::prepare(options->sources());
    std::cout << run::plan_text(prepared);
    prepared.strategies.shutdown();
  });
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "run/inspect.hpp"
#include "run/inspect_text.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::string path;
  std::string base;
  bool weights = false;
  bool json = false;
};

// What is sound is shown before what is not is told.
void execute(const Options& options, Context& context) {
  const run::Inspection inspection =
      run::inspect(options.path, options.base, options.weights ? run::ReadWeights::yes : run::ReadWeights::no);
  if (options.json) {
    print_json(inspection.found);
    context.json = false;  // the faults are in it
  } else {
    std::cout << run::inspection_text(inspection.found);
  }
  inspection.faults.raise<DataError>();
}

}  // namespace

void add_inspect(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("inspect", "Says what a model, an adapter or a run is; reads headers alone");
  command
      .add_option("path", options->path,
                  "A model folder, an adapter, a run, a grid, a chain, a training state, or org/name in the Hugging "
                  "Face cache")
      ->required();
  command.add_option("--base", options->base, "The model that an adapter is for (default: the one that it names)");
  command.add_flag(
      "--weights", options->weights,
      "Reads the weights too: their hash, and whether an adapter's base is the one that it was trained on");
  command.add_flag("--json", options->json, "One JSON object, faults included");
  command.callback([options, &context] {
    context.json = options->json;
    execute(*options, context);
  });
}

}  // namespace engram::cli

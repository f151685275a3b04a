#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "run/merge.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::filesystem::path folder;
  std::filesystem::path into;
  bool json = false;
};

void execute(const Options& options) {
  const run::Unmerged unmerged = run::unmerge(options.folder, options.into);
  if (options.json) {
    const Json told = {{"into", unmerged.into.string()}, {"tensors_sha256", unmerged.tensors_hash}};
    print_json(told);
  } else {
    std::cout << unmerged.into.string() << " holds the base again, bit for bit (tensors "
              << unmerged.tensors_hash.substr(0, 12) << ")\n";
  }
}

}  // namespace

void add_unmerge(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("unmerge", "Gives the base back out of a folder that merge wrote");
  command.add_option("folder", options->folder, "The merged model folder")->required();
  command.add_option("--into", options->into, "The model folder to write: a new or an empty one")
      ->type_name("FOLDER")
      ->required();
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options, &context] {
    context.json = options->json;
    execute(*options);
  });
}

}  // namespace engram::cli

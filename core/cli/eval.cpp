#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "cli/commands.hpp"
#include "cli/data_options.hpp"
#include "cli/device_option.hpp"
#include "cli/output.hpp"
#include "run/evaluated_report.hpp"

namespace engram::cli {
namespace {

struct Options {
  run::EvaluateRequest request;
  DataOptions data;
  std::string per_row;
  DeviceOption device;
  bool force = false;
  bool json = false;
};

void execute(const Options& options) {
  interrupt::watch();
  const at::Device device = options.device.open();
  run::EvaluateRequest request = options.request;
  request.data = options.data.set();
  if (options.force) request.open.other_base = run::OtherBase::forced;
  const run::Evaluated evaluated = run::evaluate(request, device);
  print_notes(evaluated.notes);
  if (!options.per_row.empty()) write_file_atomically(options.per_row, run::evaluated_rows(evaluated));
  if (options.json) {
    print_json(run::evaluated_json(evaluated));
  } else {
    std::cout << run::evaluated_text(evaluated, report::detect_style(report::Mode::normal));
  }
}

}  // namespace

void add_eval(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("eval", "Scores a model, an adapter or a run, and compares it with its base");
  run::OpenRequest& open = options->request.open;
  command.add_option("path", open.path, "A run, a checkpoint, an adapter, a model folder, or org/name")->required();
  options->data.add_to(command);
  command
      .add_option("--task", open.task,
                  "Only this task's sets of the run (default: all); the head for --data (default: the trained one)")
      ->type_name("NAME");
  command.add_option("--labels", open.labels, "What the classes are called, in order, where nothing says it")
      ->type_name("A,B,...")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--base", open.base, "The model to put the adapter on, and to compare with")->type_name("PATH");
  command.add_flag("--force", options->force, "Accepts a base with other weights than the one that was trained on");
  command.add_option("--resamples", options->request.resampling.resamples, "Of the bootstrap (default: 2000)")
      ->check(CLI::Range(100, 1000000));
  command.add_option("--seed", options->request.resampling.seed, "Of the bootstrap (default: 42)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--per-row", options->per_row, "Writes every row's answer there, as CSV")->type_name("FILE");
  options->device.add_to(command);
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options, &context] {
    context.json = options->json;
    execute(*options);
  });
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "cli/commands.hpp"
#include "cli/data_options.hpp"
#include "cli/device_option.hpp"
#include "cli/output.hpp"
#include "run/merged_report.hpp"

namespace engram::cli {
namespace {

struct Options {
  run::MergeRequest request;
  DataOptions data;
  DeviceOption device;
  bool keep_original = false;
  bool force = false;
  bool json = false;
};

void execute(const Options& options) {
  interrupt::watch();
  const at::Device device = options.device.open();
  run::MergeRequest request = options.request;
  request.data = options.data.set();
  if (options.force) request.open.other_base = run::OtherBase::forced;
  if (options.keep_original) request.originals = run::Originals::kept;
  const run::MergeReport report = run::merge(request, device);
  print_notes(report.notes);
  if (options.json) {
    print_json(run::merged_json(report));
  } else {
    std::cout << run::merged_text(report, engram::report::detect_style(engram::report::Mode::normal));
  }
}

std::string check_finite(const std::string& text) {
  return std::isfinite(std::strtod(text.c_str(), nullptr)) ? std::string() : "'" + text + "' is no finite number";
}

void add_amounts(CLI::App& command, run::MergeRequest& request) {
  command.add_option("--scale", request.amount.scale, "Multiplies what training added to the weights")
      ->check(check_finite);
  command
      .add_option("--interpolate", request.amount.interpolate,
                  "A point between the base (0) and what was trained (1), heads included")
      ->check(check_finite)
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--dtype", request.dtype, "fp32 (default), bf16 or fp16: what the weights are stored in")
      ->check(CLI::IsMember({"fp32", "bf16", "fp16"}));
  command
      .add_option("--tolerance", request.tolerance,
                  "The largest difference of a logit that is let through (default: 1e-4 for fp32, 0.02 for fp16, 0.2 "
                  "for bf16)")
      ->check(check_finite)
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_merge(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("merge", "Folds an adapter into its base, and checks what was written");
  run::MergeRequest& request = options->request;
  command.add_option("path", request.open.path, "A run, a checkpoint, an adapter, a model folder, or org/name")
      ->required();
  command.add_option("--into", request.into, "The model folder to write: a new or an empty one")
      ->type_name("FOLDER")
      ->required();
  command.add_option("--base", request.open.base, "The model that was trained on, where it lies elsewhere now")
      ->type_name("PATH");
  add_amounts(command, request);
  command.add_option("--probe", request.probe, "Texts to compare logits on, one a line")->type_name("FILE");
  options->data.add_to(command);
  command.add_flag("--keep-original", options->keep_original, "Keeps what engram unmerge needs in the folder");
  command.add_flag("--force", options->force, "Accepts a base with other weights than the one that was trained on");
  options->device.add_to(command);
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options, &context] {
    context.json = options->json;
    execute(*options);
  });
}

}  // namespace engram::cli

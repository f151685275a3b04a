#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "data/encoding.hpp"
#include "kernels/device.hpp"
#include "run/trained_model.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::filesystem::path run;
  std::string file = "-";
  bool json = false;
  std::string device = "auto";
};

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file);
    if (!opened) throw DataError({.what = "cannot be read", .where = file});
  }
  std::istream& in = file == "-" ? std::cin : opened;
  const std::string name = file == "-" ? "standard input" : file;
  constexpr size_t kShownFaults = 20;
  std::vector<std::string> lines;
  Faults faults;
  int64_t number = 0;
  for (std::string line; faults.size() < kShownFaults && std::getline(in, line);) {
    ++number;
    if (const std::optional<size_t> at = data::first_invalid_utf8(line)) {
      faults.add({.what = "is not UTF-8",
                  .where = name + ":" + std::to_string(number) + ", byte " + std::to_string(*at + 1),
                  .fix = "convert the file, for instance with iconv -f ISO-8859-1 -t UTF-8"});
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!text::trim(line).empty()) lines.push_back(line);
  }
  faults.raise<DataError>();
  return lines;
}

kernels::DeviceRequest device_request(const std::string& name) {
  if (name == "cpu") return kernels::DeviceRequest::cpu;
  return name == "cuda" ? kernels::DeviceRequest::cuda : kernels::DeviceRequest::automatic;
}

void execute(const Options& options) {
  interrupt::watch();
  const at::Device device = kernels::open_device(device_request(options.device));
  kernels::settle_numerics(0);
  const predict::Predictor predictor = run::open_trained(options.run, device);
  const std::vector<std::string> texts = read_lines(options.file);
  const std::vector<predict::Prediction> predictions = predictor.label(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const predict::Prediction& made = predictions[i];
    if (options.json) {
      std::cout << Json{{"text", texts[i]}, {"label", made.label}, {"probability", made.probability}}.dump() << "\n";
    } else {
      std::cout << made.label << "\t" << text::fixed(made.probability, 4) << "\t" << texts[i] << "\n";
    }
  }
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("predict", "Labels texts with a run's best checkpoint");
  command.add_option("run", options->run, "The run folder")->required();
  command.add_option("--file", options->file, "One text a line, empty lines skipped (default: standard input)");
  command.add_option("--device", options->device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command.add_flag("--json", options->json, "One JSON object a line, instead of label, probability and text");
  command.callback([options, &context] {
    try {
      execute(*options);
    } catch (const interrupt::Interrupted&) {
      context.exit_code = ExitCode::interrupted;
    }
  });
}

}  // namespace engram::cli

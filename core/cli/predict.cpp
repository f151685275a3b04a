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
#include "run/labelling.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::filesystem::path run;
  std::string file = "-";
  bool json = false;
  std::string device = "auto";
};

struct Lines {
  std::vector<std::string> whole;  // as they are echoed
  std::vector<std::string> texts;
  std::vector<std::string> pairs;  // second texts, for Input::pair
};

void add_line(const std::string& line, const std::string& where, predict::Input input, Lines& lines, Faults& faults) {
  lines.whole.push_back(line);
  if (input == predict::Input::text) {
    lines.texts.push_back(line);
    return;
  }
  const std::vector<std::string> parts = text::split(line, '\t');
  if (parts.size() != 2 || text::trim(parts[0]).empty() || text::trim(parts[1]).empty()) {
    faults.add({.what = "is not two texts separated by a TAB, and this run was trained on pairs of texts",
                .where = where,
                .fix = "write the first text, one TAB and the second text on each line"});
    return;
  }
  lines.texts.push_back(parts[0]);
  lines.pairs.push_back(parts[1]);
}

Lines read_lines(const std::string& file, predict::Input input) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file);
    if (!opened) throw DataError({.what = "cannot be read", .where = file});
  }
  std::istream& in = file == "-" ? std::cin : opened;
  const std::string name = file == "-" ? "standard input" : file;
  constexpr size_t kShownFaults = 20;
  Lines lines;
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
    if (!text::trim(line).empty()) add_line(line, name + ":" + std::to_string(number), input, lines, faults);
  }
  faults.raise<DataError>();
  return lines;
}

void execute(const Options& options) {
  interrupt::watch();
  const at::Device device = kernels::open_device(kernels::device_request(options.device));
  kernels::settle_numerics(0);
  const run::Labelling labelling =
      run::labelling(run::open({.path = options.run.string()}, device), {}, run::OtherBase::refused, {});
  const Lines lines = read_lines(options.file, labelling.inputs[labelling.opened]);
  std::vector<predict::Query> queries;
  for (size_t i = 0; i < lines.texts.size(); ++i) {
    queries.push_back({.text = lines.texts[i], .variant = labelling.opened});
    if (!lines.pairs.empty()) queries.back().pair = lines.pairs[i];
  }
  const std::vector<predict::Prediction> predictions = labelling.predictor.label(queries);
  const std::vector<std::string>& labels = labelling.predictor.variants()[labelling.opened].labels;
  for (size_t i = 0; i < lines.whole.size(); ++i) {
    const std::string& label = labels[predictions[i].label];
    const double probability = predictions[i].probabilities[predictions[i].label];
    if (options.json) {
      Json told = {{"text", lines.texts[i]}, {"label", label}, {"probability", probability}};
      if (!lines.pairs.empty()) told["pair"] = lines.pairs[i];
      std::cout << told.dump() << "\n";
    } else {
      std::cout << label << "\t" << text::fixed(probability, 4) << "\t" << lines.whole[i] << "\n";
    }
  }
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("predict", "Labels texts with a run's best checkpoint");
  command.add_option("run", options->run, "The run folder")->required();
  command.add_option("--file", options->file,
                     "One text a line, or two separated by a TAB when the run was trained on pairs; empty lines are "
                     "skipped (default: standard input)");
  command.add_option("--device", options->device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command.add_flag("--json", options->json, "One JSON object a line, instead of label, probability and text");
  command.callback([options, &context] {
    context.json = options->json;
    try {
      execute(*options);
    } catch (const interrupt::Interrupted&) {
      context.exit_code = ExitCode::interrupted;
    }
  });
}

}  // namespace engram::cli

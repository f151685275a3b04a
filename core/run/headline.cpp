#include "run/headline.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/text.hpp"

namespace engram::run {
namespace {

std::string purpose_of(const recipe::DataSet& set) {
  const std::string task = set.role == recipe::DataRole::original_task ? "the original task" : "the new task";
  switch (set.use) {
    case recipe::DataUse::train: return "trains " + task;
    case recipe::DataUse::evaluate: return "scores " + task;
    case recipe::DataUse::strategies: break;
  }
  return "for strategies and probes";
}

int64_t truncated_in(const Material& material, const std::string& name) {
  for (const EvaluationSet& set : material.evaluation) {
    if (set.set->name == name) return set.examples.tokens.truncated;
  }
  return 0;
}

// A callback as its line of the recipe has it, when it stands on one line; else where it is.
std::string callback_words(const recipe::Recipe& recipe, const std::string& key,
                           const std::optional<recipe::FunctionHandle>& callback, const std::string& fallback) {
  if (!callback) return fallback;
  const std::vector<std::string> lines = text::split(recipe.source, '\n');
  const auto number = static_cast<size_t>(callback->place.line);
  if (number == 0 || number > lines.size()) return "as the recipe says";
  std::string line = text::trim(lines[number - 1]);
  const size_t equals = line.find('=');
  const bool whole = equals != std::string::npos && text::trim(line.substr(0, equals)) == key && line.ends_with(',') &&
                     std::count(line.begin(), line.end(), '{') == std::count(line.begin(), line.end(), '}');
  if (!whole) return "the function at line " + std::to_string(number) + " of the recipe";
  line.pop_back();
  return text::trim(line.substr(equals + 1));
}

std::string device_words(const at::Device& device) {
  const int threads = at::get_num_threads();
  return device.is_cpu() ? "cpu, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads") : device.str();
}

std::string notes_of(const strategy::Resolution& resolution, const std::string& id) {
  std::vector<std::string> lines;
  for (const auto& [strategy, line] : resolution.notes) {
    if (strategy == id) lines.push_back(line);
  }
  return text::join(lines, "; ");
}

}  // namespace

report::RunHeader run_header(const Preparation& prepared, const Material& material,
                             const std::filesystem::path& run_folder) {
  const recipe::Recipe& recipe = prepared.recipe();
  report::RunHeader header{.recipe = recipe.name,
                           .run_folder = run_folder.string(),
                           .model = recipe.model,
                           .model_summary = prepared.view.family + ", " + std::to_string(prepared.view.layers) +
                                            " blocks, " + std::to_string(prepared.view.hidden) + " wide",
                           .parameters = prepared.resolution.total_count(),
                           .trainable = prepared.resolution.trainable_count(),
                           .steps = prepared.steps.total,
                           .epochs = recipe.train.epochs,
                           .batch_size = recipe.train.batch_size * recipe.train.accumulation,
                           .learning_rate = recipe.train.learning_rate,
                           .schedule = callback_words(recipe, "schedule", recipe.callbacks.schedule, "constant"),
                           .score = callback_words(recipe, "score", recipe.callbacks.score, "accuracy on the new task"),
                           .stop = callback_words(recipe, "stop", recipe.callbacks.stop, "after the last step"),
                           .device = device_words(material.model->device()),
                           .precision = recipe.train.precision == recipe::Precision::bf16 ? "bf16" : "fp32",
                           .seed = recipe.train.seed};
  for (const SetFacts& facts : prepared.sets) {
    const int64_t cut = truncated_in(material, facts.set->name);
    header.data.push_back({.name = facts.set->name,
                           .purpose = purpose_of(*facts.set),
                           .rows = facts.rows.rows,
                           .note = cut > 0 ? text::thousands(cut) + " cut to max_length" : ""});
  }
  for (const auto& [id, settings] : prepared.strategies.settings()) {
    header.strategies.push_back({.id = id, .summary = notes_of(prepared.resolution, id)});
  }
  return header;
}

std::vector<std::string> next_commands(const report::RunSummary& summary) {
  const bool goes_on = summary.ending == report::Ending::interrupted || summary.ending == report::Ending::out_of_time;
  std::vector<std::string> commands;
  if (goes_on) commands.push_back("engram run --resume " + summary.run_folder + "  go on where this stopped");
  if (summary.chosen && !summary.chosen->folder.empty()) {
    commands.push_back("engram predict " + summary.run_folder + " --file texts.txt  label new texts");
  }
  return commands;
}

}  // namespace engram::run

#include "run/plan_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "report/style.hpp"
#include "run/evaluation_steps.hpp"
#include "run/memory_estimate.hpp"
#include "run/plan_modules.hpp"
#include "run/plan_settings.hpp"
#include "run/plan_warnings.hpp"
#include "run/rates.hpp"
#include "strategy/describe.hpp"

namespace engram::run {
namespace {

constexpr size_t kWidth = 110;
constexpr size_t kIndent = 24;

std::string line(const std::string& name, const std::string& value) {
  if (value.empty()) return "  " + name + "\n";
  return "  " + report::pad_right(name + " ", kIndent - 2) + value + "\n";
}

// Four digits are enough to see a schedule's shape.
std::string rate_text(double rate) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.4g", rate);
  return digits.data();
}

std::string start_text(const StartAdapter& start) {
  const checkpoint::Adapter& adapter = start.adapter;
  return adapter.folder.string() + ", " + adapter.peft_type + ", " +
         (adapter.virtual_tokens ? std::to_string(adapter.virtual_tokens->rows.size(0)) + " virtual tokens"
                                 : std::to_string(adapter.updates.size()) + " sites");
}

std::string model_section(const Preparation& prepared) {
  const sdk::ModelView& view = prepared.view;
  return "model\n" + line(prepared.model_snapshot ? "repository" : "folder", prepared.recipe().model) +
         (prepared.model_snapshot
              ? line("commit", prepared.model_snapshot->commit) + line("folder", prepared.model_folder.string())
              : "") +
         line("family", view.family + ", " + std::to_string(view.layers) + " blocks, " + std::to_string(view.hidden) +
                            " wide, at most " + std::to_string(view.max_positions) + " tokens") +
         (prepared.start ? line("goes on from", start_text(*prepared.start)) : "");
}

std::string tasks_section(const Preparation& prepared) {
  std::string text = "tasks\n";
  for (const TaskFacts& task : prepared.tasks) {
    const bool goes_on = prepared.start && prepared.start->adapter.head_weight.defined();
    const std::string head = goes_on && task.name == prepared.trained_task ? "head from the adapter"
                             : task.head == recipe::HeadSource::fresh      ? "fresh head"
                             : task.head == recipe::HeadSource::from_model ? "head from the model"
                                                                           : "head fitted by a linear probe";
    text += line(task.name, std::to_string(task.labels.size()) + " labels, " + head);
  }
  return text;
}

// Of a large file only the start has been read.
std::string read_text(const SetFacts& facts) {
  return facts.content.whole ? "" : " (the first " + text::thousands(facts.content.rows) + " read)";
}

std::string data_section(const Preparation& prepared) {
  std::string text = "data\n";
  for (const SetFacts& facts : prepared.sets) {
    const bool scores = facts.set->use == recipe::DataUse::evaluate;
    const std::string role = !scores                                              ? ""
                             : facts.set->role == recipe::DataRole::original_task ? " (original)"
                                                                                  : " (new)";
    const std::string use = facts.set->use == recipe::DataUse::train      ? "train"
                            : facts.set->use == recipe::DataUse::evaluate ? "evaluate"
                                                                          : "strategies";
    text += line(facts.set->name, (facts.rows.exact ? "" : "~") + text::thousands(facts.rows.rows) + " rows" +
                                      read_text(facts) + ", " + use + ", task " + facts.set->task + role + ", " +
                                      facts.set->file);
  }
  return text;
}

std::string pairs_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : pairs) parts.push_back(key + " = " + value);
  return report::wrap(text::join(parts, ", "), kWidth - kIndent, kIndent);
}

std::string settings_section(const Preparation& prepared) {
  std::string text = "settings\n";
  for (const SettingsOf& settings : settings_of(prepared)) {
    text += line(settings.section, pairs_text(settings.given));
    if (!settings.defaults.empty()) text += line("  by default", pairs_text(settings.defaults));
  }
  return text;
}

std::string modules_section(const Preparation& prepared) {
  std::string text;
  for (const ModuleMatch& match : module_matches(prepared)) {
    text += line(match.strategy, match.does + " " + match.pattern + ": " + std::to_string(match.count) + " " +
                                     match.unit + (match.count == 1 ? "" : "s"));
  }
  return text.empty() ? "" : "matched modules\n" + text + "\n";
}

// A table with a first column for names; the others are as wide as their widest cell.
std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], report::columns(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    text += "  " + report::pad_right(row.front(), widths.front());
    for (size_t i = 1; i < row.size(); ++i) text += "  " + report::pad_left(row[i], widths[i]);
    text += "\n";
  }
  return text;
}

std::string rates_section(const RateTable& table) {
  std::vector<std::vector<std::string>> rows = {{"group", "parameters", "rate", "decay"}};
  for (const int64_t step : table.steps) rows.front().push_back("step " + std::to_string(step));
  for (size_t i = 0; i < table.groups.size(); ++i) {
    const RateRow& group = table.groups[i];
    rows.push_back({std::to_string(i), text::thousands(group.parameters), strategy::rate_scale_text(group.rate_scale),
                    text::shortest(group.weight_decay)});
    for (const std::optional<double>& rate : group.rates) rows.back().push_back(rate ? rate_text(*rate) : "-");
  }
  for (const auto& [name, factors] : table.numbers) {
    rows.push_back({name, "", "", ""});
    for (const double factor : factors) rows.back().push_back("x " + rate_text(factor));
  }
  return "learning rates by optimizer group; - does not train at that step\n" + table_text(rows);
}

std::string steps_section(const Preparation& prepared) {
  const recipe::Train& train = prepared.recipe().train;
  const train::StepCount& count = prepared.steps;
  std::string text = "steps\n";
  text += line("optimizer steps", text::thousands(count.total) + " (" + text::thousands(count.per_epoch) +
                                      " per epoch, " + text::shortest(train.epochs) + " epochs, " +
                                      std::to_string(train.batch_size * train.accumulation) + " examples each)");
  std::vector<std::string> evaluations;
  for (const int64_t step : evaluation_steps(count, train.evaluations_in_first_epoch)) {
    evaluations.push_back(std::to_string(step));
  }
  const std::string number = std::to_string(evaluations.size());
  return text + line("evaluations",
                     number + ", after " + report::wrap(text::join(evaluations, ", "), kWidth - kIndent, kIndent));
}

std::string readers(const std::string& metric, const advisor::Guards& guards) {
  std::vector<std::string> who;
  if (guards.score_reads.contains(metric)) who.push_back("score");
  if (guards.stop_reads.contains(metric)) who.push_back("stop");
  return text::join(who, " and ");
}

std::string metrics_section(const Preparation& prepared) {
  std::string text = "metrics that score and stop may read, each also of the untouched model (baseline)\n";
  for (const auto& [set, numbers] : prepared.metric_names) {
    for (const auto& [metric, number] : numbers) {
      const std::string name = set + "." + metric;
      const std::string now = readers(name, prepared.guards);
      const std::string before = readers("baseline." + name, prepared.guards);
      text += line(name,
                   now + (now.empty() || before.empty() ? "" : "; ") + (before.empty() ? "" : "baseline by " + before));
    }
  }
  const bool by_score = prepared.guards.stop_reads.contains("score");
  return text + (by_score ? line("score", "stop") : "");
}

std::string memory_section(const Preparation& prepared) {
  std::string text = "memory\n";
  uint64_t total = 0;
  for (const MemoryPart& part : estimate_memory(prepared.recipe().train, prepared.view, prepared.resolution)) {
    total += part.bytes;
    text += line(part.name, text::bytes(part.bytes));
  }
  return text + line("together", text::bytes(total));
}

std::string warnings_section(const Preparation& prepared) {
  std::string text;
  for (const std::string& warning : plan_warnings(prepared, prepared.steps)) text += "  " + warning + "\n";
  return text.empty() ? "" : "\nwarnings\n" + text;
}

std::string advice_section(const Preparation& prepared) {
  if (prepared.advice.empty()) return "\nadvice\n  none\n";
  std::string text = "\nadvice\n";
  for (const advisor::Advice& advice : prepared.advice) {
    text += "  " + report::wrap(advisor::finding_of(advice), kWidth - 2, 4) + "\n";
    text += "    " + report::wrap(advisor::change_of(advice), kWidth - 4, 4) + "\n";
  }
  return text;
}

}  // namespace

std::string plan_text(Preparation& prepared) {
  const std::string& point = prepared.recipe().point;
  return "recipe " + prepared.recipe().name + (point.empty() ? "" : ", point " + point) + "\n\n" +
         model_section(prepared) + "\n" + tasks_section(prepared) + "\n" + data_section(prepared) + "\n" +
         settings_section(prepared) + "\n" + strategy::describe(prepared.resolution) + "\n" +
         modules_section(prepared) + steps_section(prepared) + "\n" + rates_section(rate_table(prepared)) + "\n" +
         metrics_section(prepared) + "\n" + memory_section(prepared) + warnings_section(prepared) +
         advice_section(prepared);
}

}  // namespace engram::run

#include "run/plan_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/text.hpp"
#include "report/style.hpp"
#include "run/evaluation_steps.hpp"
#include "run/memory_estimate.hpp"
#include "run/plan_warnings.hpp"
#include "strategy/describe.hpp"
#include "train/parameter_groups.hpp"

namespace engram::run {
namespace {

std::string line(const std::string& name, const std::string& value) {
  return "  " + report::pad_right(name, 22) + value + "\n";
}

// Four digits are enough to see a schedule's shape.
std::string rate_text(double rate) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.4g", rate);
  return digits.data();
}

std::string model_section(const Preparation& prepared) {
  const sdk::ModelView& view = prepared.view;
  return "model\n" + line("folder", prepared.recipe().model) +
         line("family", view.family + ", " + std::to_string(view.layers) + " blocks, " + std::to_string(view.hidden) +
                            " wide, at most " + std::to_string(view.max_positions) + " tokens");
}

std::string tasks_section(const Preparation& prepared) {
  std::string text = "tasks\n";
  for (const TaskFacts& task : prepared.tasks) {
    const std::string head = task.head == recipe::HeadSource::fresh        ? "fresh head"
                             : task.head == recipe::HeadSource::from_model ? "head from the model"
                                                                           : "head fitted by a linear probe";
    text += line(task.name, std::to_string(task.labels.size()) + " labels, " + head);
  }
  return text;
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
    text += line(facts.set->name, (facts.rows.exact ? "" : "~") + text::thousands(facts.rows.rows) + " rows, " + use +
                                      ", task " + facts.set->task + role + ", " + facts.set->file);
  }
  return text;
}

std::string groups_section(const Preparation& prepared) {
  std::string text = "optimizer groups at step 0\n";
  std::vector<model::NamedTensor> names;
  for (const strategy::ResolvedTensor& tensor : prepared.resolution.tensors) names.push_back({tensor.name, {}});
  const recipe::Train& train = prepared.recipe().train;
  int index = 0;
  for (const train::ParameterGroup& group : train::groups_at(prepared.resolution, names, train.weight_decay, 0, 0)) {
    int64_t count = 0;
    for (const model::NamedTensor& entry : group.tensors) count += prepared.resolution.find(entry.name)->count();
    text +=
        line("group " + std::to_string(index++),
             text::thousands(count) + " parameters in " + std::to_string(group.tensors.size()) + " tensors, rate " +
                 strategy::rate_scale_text(group.rate_scale) + ", weight decay " + text::shortest(group.weight_decay));
  }
  return text;
}

std::string steps_section(Preparation& prepared) {
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
  text += line("evaluations after", text::join(evaluations, ", "));
  text += "learning rate\n";
  const int64_t last = std::max<int64_t>(count.total - 1, 0);
  for (const int64_t step : std::set<int64_t>{0, last / 10, last / 4, last / 2, last * 3 / 4, last}) {
    const auto factor =
        prepared.script.schedule({.step = step,
                                  .steps = count.total,
                                  .epoch = static_cast<double>(step) / static_cast<double>(count.per_epoch),
                                  .epochs = train.epochs});
    std::string values = rate_text(train.learning_rate * factor.rate_factor);
    for (const auto& [name, number] : factor.strategy_numbers) values += ", " + name + " x " + rate_text(number);
    text += line("step " + std::to_string(step), values);
  }
  return text;
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

}  // namespace

std::string plan_text(Preparation& prepared) {
  return "recipe " + prepared.recipe().name + "\n\n" + model_section(prepared) + "\n" + tasks_section(prepared) + "\n" +
         data_section(prepared) + "\n" + strategy::describe(prepared.resolution) + "\n" + groups_section(prepared) +
         "\n" + steps_section(prepared) + "\n" + memory_section(prepared) + warnings_section(prepared);
}

}  // namespace engram::run

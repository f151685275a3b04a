#include "run/plan_warnings.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.hpp"
#include "strategy/idle_strategies.hpp"

namespace engram::run {
namespace {

// Where the first stage begins that never comes, by strategy.
struct Missed {
  std::map<std::string, int64_t> steps;
  std::map<std::string, double> epochs;
};

template <class Number>
void keep_least(std::map<std::string, Number>& least, const std::string& strategy, Number number) {
  const auto [known, is_new] = least.emplace(strategy, number);
  if (!is_new) known->second = std::min(known->second, number);
}

Missed missed_stages(const strategy::Resolution& resolution, const train::StepCount& steps) {
  const int64_t last = steps.total - 1;
  const double last_epoch = static_cast<double>(last) / static_cast<double>(steps.per_epoch);
  Missed missed;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    for (const strategy::TrainabilityChange& change : tensor.trainability) {
      const auto& [step, epoch] = change.from;
      if (step && *step > last) keep_least(missed.steps, tensor.owner, *step);
      if (epoch && *epoch > last_epoch) keep_least(missed.epochs, tensor.owner, *epoch);
    }
  }
  return missed;
}

void warn_of_missed_stages(const Preparation& prepared, const train::StepCount& steps,
                           std::vector<std::string>& warnings) {
  const Missed missed = missed_stages(prepared.resolution, steps);
  for (const auto& [strategy, step] : missed.steps) {
    warnings.push_back("stages of '" + strategy + "' from step " + text::thousands(step) +
                       " on never come: the run has " + text::thousands(steps.total) +
                       (steps.total == 1 ? " step" : " steps"));
  }
  const double epochs = prepared.recipe().train.epochs;
  for (const auto& [strategy, epoch] : missed.epochs) {
    warnings.push_back("stages of '" + strategy + "' from epoch " + text::shortest(epoch) +
                       " on never come: the run has " + text::shortest(epochs) + (epochs == 1 ? " epoch" : " epochs"));
  }
}

void warn_of_unread_sets(const Preparation& prepared, std::vector<std::string>& warnings) {
  std::vector<std::string> read = prepared.resolution.data_sets();
  for (const recipe::Task& task : prepared.recipe().tasks) read.push_back(task.probe_data);
  for (const recipe::DataSet& set : prepared.recipe().data) {
    const bool is_read = std::find(read.begin(), read.end(), set.name) != read.end();
    if (set.use != recipe::DataUse::strategies || is_read) continue;
    warnings.push_back("data." + set.name + " is there for strategies and probes, and none reads it (" +
                       std::filesystem::path(set.place.text()).filename().string() + ")");
  }
}

}  // namespace

std::vector<std::string> plan_warnings(const Preparation& prepared, const train::StepCount& steps) {
  std::vector<std::string> warnings =
      strategy::warnings_of_idle(prepared.view, prepared.strategies.plan(prepared.view));
  warn_of_missed_stages(prepared, steps, warnings);
  warn_of_unread_sets(prepared, warnings);
  if (prepared.start) warnings.insert(warnings.end(), prepared.start->notes.begin(), prepared.start->notes.end());
  return warnings;
}

}  // namespace engram::run

#include "run/rates.hpp"

#include <algorithm>
#include <set>

#include "train/parameter_groups.hpp"

namespace engram::run {
namespace {

double epoch_of(const Preparation& prepared, int64_t step) {
  return static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, prepared.steps.per_epoch));
}

RateRow& row_of(const train::ParameterGroup& group, size_t steps, std::vector<RateRow>& rows) {
  for (RateRow& row : rows) {
    if (row.rate_scale == group.rate_scale && row.weight_decay == group.weight_decay) return row;
  }
  rows.push_back({.rate_scale = group.rate_scale, .weight_decay = group.weight_decay});
  rows.back().rates.resize(steps);
  return rows.back();
}

void add_groups(const Preparation& prepared, const std::vector<model::NamedTensor>& names, size_t at, double rate,
                RateTable& table) {
  const int64_t step = table.steps[at];
  const double decay = prepared.recipe().train.weight_decay;
  for (const train::ParameterGroup& group :
       train::groups_at(prepared.resolution, names, decay, step, epoch_of(prepared, step))) {
    RateRow& row = row_of(group, table.steps.size(), table.groups);
    row.rates[at] = rate * group.rate_scale;
    int64_t parameters = 0;
    for (const model::NamedTensor& entry : group.tensors) parameters += prepared.resolution.find(entry.name)->count();
    if (parameters < row.parameters) continue;
    row.parameters = parameters;
    row.tensors = group.tensors.size();
  }
}

}  // namespace

recipe::History start_history(const Preparation& prepared) {
  return {.baseline = prepared.metric_names,
          .evaluations = {{.metrics = prepared.metric_names, .score = 0.5}},
          .steps = prepared.steps.total};
}

std::vector<recipe::ScheduleResult> schedule_at(Preparation& prepared, const std::vector<int64_t>& steps) {
  const Json kept = prepared.script.state();
  const recipe::History history = start_history(prepared);
  std::vector<recipe::ScheduleResult> results;
  for (const int64_t step : steps) {
    results.push_back(prepared.script.schedule({.step = step,
                                                .steps = prepared.steps.total,
                                                .epoch = epoch_of(prepared, step),
                                                .epochs = prepared.recipe().train.epochs,
                                                .history = &history}));
  }
  prepared.script.restore(kept);
  return results;
}

std::vector<int64_t> spread_steps(const train::StepCount& count, int64_t most) {
  const int64_t last = std::max<int64_t>(count.total - 1, 0);
  std::set<int64_t> steps;
  for (int64_t i = 0; i < most; ++i) steps.insert(last * i / (most - 1));
  return {steps.begin(), steps.end()};
}

RateTable rate_table(Preparation& prepared) {
  const int64_t last = std::max<int64_t>(prepared.steps.total - 1, 0);
  const std::set<int64_t> shown = {0, last / 10, last / 4, last / 2, last * 3 / 4, last};
  RateTable table{.steps = {shown.begin(), shown.end()}};
  std::vector<model::NamedTensor> names;
  for (const strategy::ResolvedTensor& tensor : prepared.resolution.tensors) names.push_back({tensor.name, {}});
  const std::vector<recipe::ScheduleResult> results = schedule_at(prepared, table.steps);
  for (size_t at = 0; at < results.size(); ++at) {
    add_groups(prepared, names, at, prepared.recipe().train.learning_rate * results[at].rate_factor, table);
    for (const auto& [name, factor] : results[at].strategy_numbers) {
      std::vector<double>& factors = table.numbers[name];
      factors.resize(table.steps.size(), 1);
      factors[at] = factor;
    }
  }
  return table;
}

}  // namespace engram::run

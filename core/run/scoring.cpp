#include "run/scoring.hpp"

#include <ATen/Parallel.h>

#include <chrono>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "eval/metrics.hpp"
#include "recipe/metric_direction.hpp"
#include "run/baseline_cache.hpp"

namespace engram::run {
namespace {

constexpr const char* kHeadline = "accuracy";

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

std::string bytes_hash(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  return sha256({static_cast<const char*>(plain.data_ptr()), plain.nbytes()});
}

// The head through which drift of the trunk is seen: one that the folder brought, else the trained task's at its start.
model::Head fixed_readout(const model::Model& model, const std::string& trained_task) {
  model::Head chosen = *model.find_head(trained_task);
  for (const model::Head& head : model.heads()) {
    if (head.task != trained_task) chosen = head;
  }
  chosen.weight = chosen.weight.detach().clone();
  chosen.bias = chosen.bias.detach().clone();
  return chosen;
}

report::Unit unit_of(const std::string& metric) {
  if (metric == "accuracy" || metric == "macro_f1") return report::Unit::share;
  return metric == "loss" || metric == "kl" ? report::Unit::nats : report::Unit::plain;
}

report::Better better_of(const std::vector<recipe::OwnMetric>& own, const std::string& metric) {
  const recipe::OwnMetric* found = recipe::own_metric_of(own, metric);
  if (found == nullptr) return report::Better::by_unit;
  return found->smaller_is_better ? report::Better::smaller : report::Better::larger;
}

bool is_original(const recipe::DataSet& set) { return set.role == recipe::DataRole::original_task; }

}  // namespace

Scoring::Scoring(Preparation& prepared, const Material& material)
    : prepared_(prepared),
      material_(material),
      settings_{.batch_size = prepared.recipe().train.evaluation_batch_size,
                .precision = prepared.recipe().train.precision,
                .probabilities = !prepared.recipe().metrics.empty()} {
  for (const EvaluationSet& set : material.evaluation) {
    const eval::TrackedSet tracked{.name = set.set->name,
                                   .metric = kHeadline,
                                   .floor = eval::majority_rate(set.examples.labels),
                                   .reference = prepared.recipe().find_task(set.set->task)->reference_score,
                                   .rows = set.examples.size()};
    if (tracked.reference <= tracked.floor) {
      throw RecipeError({.what = "tasks." + set.set->task +
                                 ".reference_score is not above what always answering the most "
                                 "frequent label of data." +
                                 set.set->name + " scores (" + text::fixed(tracked.floor, 3) + ")",
                         .where = set.set->place.text(),
                         .fix = "name the score that counts as having learnt the task"});
    }
    (is_original(*set.set) ? original_sets_ : new_sets_).push_back(tracked);
  }
  if (prepared.recipe().original_waived) readout_ = fixed_readout(*material.model, prepared.trained_task);
}

eval::SetScores Scoring::score_untouched_set(const EvaluationSet& set) const {
  if (settings_.probabilities) return eval::evaluate(*material_.model, set.examples, settings_);
  const model::Head& head = *material_.model->find_head(set.examples.task);
  const std::string key =
      sha256(material_.model_hash + bytes_hash(head.weight) + bytes_hash(head.bias) + set.examples.content_hash +
             std::to_string(static_cast<int>(settings_.precision)) + std::to_string(settings_.batch_size) +
             material_.model->device().str() + "/" + std::to_string(at::get_num_threads()) + " threads");
  if (auto found = find_baseline(key)) return *found;
  const eval::SetScores scores = eval::evaluate(*material_.model, set.examples, settings_);
  keep_baseline(key, scores);
  return scores;
}

std::map<std::string, double> Scoring::measured(const EvaluationSet& set, const eval::SetScores& scores) {
  std::map<std::string, double> metrics = scores.metrics;
  if (!settings_.probabilities) return metrics;
  metrics.merge(prepared_.script.own_metrics({.shape = prepared_.shape(*set.set),
                                              .labels = set.examples.labels,
                                              .predictions = scores.predictions,
                                              .probabilities = scores.probabilities,
                                              .groups = set.examples.groups}));
  return metrics;
}

const recipe::Metrics& Scoring::score_untouched() {
  const auto start = SteadyClock::now();
  for (const EvaluationSet& set : material_.evaluation) {
    auto& metrics = baseline_[set.set->name];
    metrics = measured(set, score_untouched_set(set));
    if (!prepared_.recipe().original_waived) continue;
    untouched_[set.set->name] = eval::observe(*material_.model, set.examples, readout_, settings_);
    for (const std::string& name : eval::drift_metric_names()) metrics[name] = 0;
  }
  last_seconds_ = seconds_since(start);
  seconds_ += last_seconds_;
  return baseline_;
}

recipe::Metrics Scoring::score_now() {
  const auto start = SteadyClock::now();
  recipe::Metrics all;
  for (const EvaluationSet& set : material_.evaluation) {
    auto& metrics = all[set.set->name];
    metrics = measured(set, eval::evaluate(*material_.model, set.examples, settings_));
    if (!prepared_.recipe().original_waived) continue;
    const eval::Behaviour now = eval::observe(*material_.model, set.examples, readout_, settings_);
    for (const auto& [name, value] : eval::drift_metrics(untouched_.at(set.set->name), now)) metrics[name] = value;
  }
  last_seconds_ = seconds_since(start);
  seconds_ += last_seconds_;
  return all;
}

report::EvaluationRow Scoring::row(const EvaluationSet& set, const std::string& metric,
                                   const recipe::Metrics& now) const {
  const std::string& name = set.set->name;
  const double before = baseline_.at(name).at(metric), current = now.at(name).at(metric);
  report::EvaluationRow row{.set = name,
                            .role = is_original(*set.set) ? report::Role::original_task : report::Role::new_task,
                            .metric = metric,
                            .unit = unit_of(metric),
                            .baseline = before,
                            .now = current,
                            .change = current - before,
                            .better = better_of(prepared_.recipe().metrics, metric)};
  if (row.role == report::Role::original_task && row.unit == report::Unit::share) {
    row.drop = eval::drop(before, current);
    if (metric == kHeadline) row.retained = eval::retained(before, current, eval::majority_rate(set.examples.labels));
  }
  return row;
}

std::vector<report::EvaluationRow> Scoring::rows(const recipe::Metrics& now) const {
  std::vector<report::EvaluationRow> rows;
  for (const EvaluationSet& set : material_.evaluation) {
    rows.push_back(row(set, kHeadline, now));
    for (const auto& [metric, value] : now.at(set.set->name)) {
      if (metric != kHeadline) rows.push_back(row(set, metric, now));
    }
  }
  return rows;
}

eval::Crossover Scoring::crossover(const recipe::History& history) const {
  return eval::find_crossover(history, new_sets_, original_sets_);
}

}  // namespace engram::run

#include "run/summary.hpp"

#include <map>

namespace engram::run {
namespace {

bool is_read(const report::EvaluationRow& row, const advisor::Guards& guards) {
  const std::string now = row.set + "." + row.metric, before = "baseline." + now;
  for (const std::set<std::string>& reads : {guards.score_reads, guards.stop_reads}) {
    if (reads.contains(now) || reads.contains(before)) return true;
  }
  return false;
}

}  // namespace

void mark_details(std::vector<report::EvaluationRow>& rows, const advisor::Guards& guards) {
  constexpr int kMostOwn = 6;
  std::map<std::string, int> own;
  for (report::EvaluationRow& row : rows) {
    const bool is_own = row.better != report::Better::by_unit;
    const bool further = row.metric == "macro_f1" || (is_own && ++own[row.set] > kMostOwn);
    row.detail = further && !is_read(row, guards);
  }
}

recipe::History path_of(const recipe::History& history) {
  recipe::History path = history;
  path.evaluations.clear();
  for (const recipe::Evaluation& evaluation : history.evaluations) {
    while (!path.evaluations.empty() && path.evaluations.back().step >= evaluation.step) path.evaluations.pop_back();
    path.evaluations.push_back(evaluation);
  }
  return path;
}

report::RunSummary summary_of_history(const recipe::History& history, const Scoring& scoring) {
  report::RunSummary summary;
  if (history.evaluations.empty()) return summary;
  const recipe::Evaluation& best = history.evaluations[history.best];
  summary.rows = scoring.rows(best.metrics);
  if (history.best + 1 != history.evaluations.size()) {
    summary.last_rows = scoring.rows(history.evaluations.back().metrics);
  }
  summary.chosen = {.step = best.step,
                    .epoch = best.epoch,
                    .score = best.score,
                    .among = static_cast<int64_t>(history.evaluations.size()),
                    .folder = best.step == 0 ? "" : "checkpoints/best"};
  const eval::Crossover crossover = scoring.crossover(path_of(history));
  if (crossover.marginal) summary.marginal_crossover = {crossover.marginal->step, crossover.marginal->epoch};
  if (crossover.level) summary.level_crossover = {crossover.level->step, crossover.level->epoch};
  return summary;
}

report::EvaluationView evaluation_view(report::EvaluationKind kind, const recipe::Evaluation& evaluation,
                                       const train::StepCount& count, const Scoring& scoring,
                                       const advisor::Guards& guards) {
  report::EvaluationView view{.kind = kind,
                              .step = evaluation.step,
                              .steps = count.total,
                              .epoch = evaluation.epoch,
                              .rows = scoring.rows(evaluation.metrics),
                              .seconds = scoring.last_seconds()};
  mark_details(view.rows, guards);
  if (kind != report::EvaluationKind::baseline) view.score = evaluation.score;
  return view;
}

bool roll_back(recipe::History& history) {
  if (history.best + 1 != history.evaluations.size()) return false;
  history.best = 0;
  for (size_t i = 1; i + 1 < history.evaluations.size(); ++i) {
    if (history.evaluations[i].score > history.evaluations[history.best].score) history.best = i;
  }
  return true;
}

void remove_newest(recipe::History& history) {
  roll_back(history);
  history.evaluations.pop_back();
}

void add_plan(report::RunSummary& summary, const Preparation& prepared) {
  summary.recipe = prepared.recipe().name;
  summary.steps = prepared.steps.total;
  summary.parameters = prepared.resolution.total_count();
  summary.trainable = prepared.resolution.trainable_count();
  summary.original_waived = prepared.recipe().original_waived;
  for (const auto& [id, settings] : prepared.strategies.settings()) summary.strategies.push_back(id);
}

void choose_candidate(report::RunSummary& summary, const std::optional<Candidate>& candidate, const Scoring& scoring) {
  if (!candidate) return;
  if (summary.last_rows.empty()) summary.last_rows = summary.rows;
  summary.rows = scoring.rows(candidate->evaluation.metrics);
  summary.chosen->step = candidate->evaluation.step;
  summary.chosen->epoch = candidate->evaluation.epoch;
  summary.chosen->score = candidate->evaluation.score;
  summary.chosen->folder = "checkpoints/best";
  summary.chosen->label = candidate->label;
}

}  // namespace engram::run

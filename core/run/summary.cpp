#include "run/summary.hpp"

namespace engram::run {

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
  const eval::Crossover crossover = scoring.crossover(history);
  if (crossover.marginal) summary.marginal_crossover = {crossover.marginal->step, crossover.marginal->epoch};
  if (crossover.level) summary.level_crossover = {crossover.level->step, crossover.level->epoch};
  return summary;
}

}  // namespace engram::run

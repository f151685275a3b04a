// Evaluations of a run: what is scored, what the stop rule makes of it, and what is saved then.
#include "base/text.hpp"
#include "run/session_parts.hpp"
#include "run/summary.hpp"

namespace engram::run {

bool Session::evaluation_stops() {
  if (read_steps()) return false;
  folder_.require_present();
  evaluate();
  recipe::StopDecision decision = prepared_.script.stop(history_);
  if (decision.cut > 0) {
    const std::string why = why_it_ends(decision);
    if (why.empty()) {
      roll_back_and_go_on(decision);
      return false;
    }
    decision.reason += "; " + why;
  }
  if (decision.stop) stop_by(decision);
  save_best();
  if (decision.stop || state_is_due()) save_state(When::accepted, "last");
  return decision.stop;
}

bool Session::state_is_due() const {
  if (recipe().checkpoints.every == recipe::SaveEvery::evaluation) return true;
  const int64_t done = trainer_->done();
  return done > 0 && (done % trainer_->count().per_epoch == 0 || trainer_->finished());
}

void Session::evaluate() {
  at_phase("scoring every set", MemoryUse::scoring);
  recipe::Evaluation evaluation{.step = trainer_->done(), .epoch = trainer_->epoch(), .metrics = measure()};
  evaluation.score = prepared_.script.score(evaluation.metrics, history_.baseline);
  const bool best = history_.evaluations.empty() || evaluation.score > history_.evaluations[history_.best].score;
  history_.evaluations.push_back(evaluation);
  if (best) history_.best = history_.evaluations.size() - 1;
  history_.seconds = seconds_before_ + elapsed();
  evaluated_step_ = trainer_->done();

  report::EvaluationView view =
      evaluation_view(report::EvaluationKind::during, evaluation, trainer_->count(), scoring_, prepared_.guards);
  view.best = best;
  events_.evaluation(view);
  terminal_.evaluation(view);
  best_unsaved_ = best && (evaluation.step > 0 || prepared_.start);
}

// A run that is interrupted or fails here measures all sets again: its metrics then draw the same random numbers.
recipe::Metrics Session::measure() {
  const Json before = prepared_.script.state();
  can_repeat_ = true;
  try {
    recipe::Metrics metrics = scoring_.score_now();
    refuse_not_finite(metrics);
    can_repeat_ = false;
    return metrics;
  } catch (...) {
    prepared_.script.restore(before);
    throw;
  }
}

void Session::save_best() {
  if (!best_unsaved_) return;
  best_unsaved_ = false;
  write_best(*named_best());
}

std::optional<checkpoint::Kept> Session::named_best() const {
  if (history_.evaluations.empty()) return {};
  const int64_t step = history_.evaluations[history_.best].step;
  if (step == 0 && !prepared_.start) return {};
  return checkpoint::Kept{.evaluation = static_cast<int64_t>(history_.best), .step = step};
}

void Session::write_best(const checkpoint::Kept& kept) {
  best_checkpoint_->write(kept);
  events_.checkpoint(trainer_->done(), "best", "checkpoints/best");
}

// Why a run that is rolled back cannot go on at a lower rate; empty: it can.
std::string Session::why_it_ends(const recipe::StopDecision& decision) const {
  if (rate_cut_ * decision.cut < kLeastRateCut) {
    return "the run ends, since its rate would fall below a millionth of what the recipe says";
  }
  if (!states_->can_roll_back()) {
    return "the run ends, since no training state was saved to go back to (checkpoints.every = \"evaluation\" saves "
           "one at each)";
  }
  return {};
}

void Session::stop_by(const recipe::StopDecision& decision) {
  ending_ = report::Ending::stop_rule;
  reason_ = decision.reason;
  if (decision.rollback && roll_back(history_)) best_unsaved_ = false;
  if (decision.rollback && history_.best == 0) ending_ = report::Ending::budget_not_met;
}

// The refused evaluation leaves the history. Those between the saved state and it stay: they were accepted, and the
// best of them may be the checkpoint that is kept.
void Session::roll_back_and_go_on(const recipe::StopDecision& decision) {
  remove_newest(history_);
  best_unsaved_ = false;
  go_back(decision.cut, decision.reason);
}

void Session::go_back(double cut, const std::string& reason) {
  const int64_t undone = trainer_->done();
  for (const checkpoint::Damaged& damaged : states_->roll_back()) tell_damaged(damaged);
  evaluated_step_ = trainer_->done();
  rate_cut_ *= cut;
  log_steps();
  events_.event(
      "rolled_back",
      {{"step", undone}, {"to_step", trainer_->done()}, {"cut", cut}, {"rate_cut", rate_cut_}, {"reason", reason}});
  terminal_.note("rolled back from step " + std::to_string(undone) + " to step " + std::to_string(trainer_->done()) +
                 ": " + reason + "; going on at " + text::shortest(rate_cut_) + " times the rate");
  save_state(When::accepted, "rolled back");
}

void Session::save_state(When when, std::string_view why) {
  step_log_->flush();
  checkpoint::TrainingRecord record{.history = history_,
                                    .evaluated_step = evaluated_step_,
                                    .accepted = when == When::accepted,
                                    .rate_cut = rate_cut_,
                                    .spikes = spikes_,
                                    .seconds = seconds_before_ + elapsed()};
  if (stopped()) record.stopped = {.within_budget = ending_ == report::Ending::stop_rule, .reason = reason_};
  if (states_->save(std::move(record), why)) best_checkpoint_->named_by_state();
}

void Session::scored(const Candidate& candidate, bool best) {
  report::EvaluationView view = evaluation_view(report::EvaluationKind::candidate, candidate.evaluation,
                                                trainer_->count(), scoring_, prepared_.guards);
  view.label = candidate.label;
  view.best = best;
  events_.evaluation(view);
  terminal_.evaluation(view);
  if (!best) return;
  write_best({.evaluation = static_cast<int64_t>(history_.evaluations.size()),
              .step = candidate.evaluation.step,
              .candidate = candidate.label});
}

}  // namespace engram::run

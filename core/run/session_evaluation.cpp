// Evaluations of a run: what is scored, what the stop rule makes of it, and what is saved then.
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "run/session_parts.hpp"
#include "run/summary.hpp"

namespace engram::run {

bool Session::evaluation_stops() {
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
  if (step_log_) step_log_->flush();
  terminal_.phase("scoring every set");
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

// A run that is interrupted here measures all sets again: its metrics then draw the same random numbers.
recipe::Metrics Session::measure() {
  const Json before = prepared_.script.state();
  try {
    return scoring_.score_now();
  } catch (const interrupt::Interrupted&) {
    prepared_.script.restore(before);
    throw;
  }
}

void Session::save_best() {
  if (!best_unsaved_) return;
  best_unsaved_ = false;
  write_best();
}

void Session::write_best() {
  best_checkpoint_->write();
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
  const int64_t refused = trainer_->done();
  step_log_->flush();
  remove_newest(history_);
  best_unsaved_ = false;
  states_->roll_back();
  evaluated_step_ = trainer_->done();
  rate_cut_ *= decision.cut;
  step_log_.emplace(*trainer_, device_, events_, terminal_);
  events_.event("rolled_back", {{"step", refused},
                                {"to_step", trainer_->done()},
                                {"cut", decision.cut},
                                {"rate_cut", rate_cut_},
                                {"reason", decision.reason}});
  terminal_.note("rolled back from step " + std::to_string(refused) + " to step " + std::to_string(trainer_->done()) +
                 ": " + decision.reason + "; going on at " + text::shortest(rate_cut_) + " times the rate");
  save_state(When::accepted, "rolled back");
}

void Session::save_state(When when, std::string_view why) {
  checkpoint::TrainingState state{.history = history_,
                                  .evaluated_step = evaluated_step_,
                                  .accepted = when == When::accepted,
                                  .rate_cut = rate_cut_,
                                  .seconds = seconds_before_ + elapsed()};
  if (stopped()) state.stopped = {.within_budget = ending_ == report::Ending::stop_rule, .reason = reason_};
  states_->save(std::move(state), why);
}

void Session::scored(const Candidate& candidate, bool best) {
  report::EvaluationView view = evaluation_view(report::EvaluationKind::candidate, candidate.evaluation,
                                                trainer_->count(), scoring_, prepared_.guards);
  view.label = candidate.label;
  view.best = best;
  events_.evaluation(view);
  terminal_.evaluation(view);
  if (best) write_best();
}

}  // namespace engram::run

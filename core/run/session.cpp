#include "run/session.hpp"

#include <chrono>
#include <functional>
#include <type_traits>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "checkpoint/deployable.hpp"
#include "checkpoint/run_folder.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "checkpoint/training_state.hpp"
#include "kernels/device.hpp"
#include "report/events.hpp"
#include "report/summary_json.hpp"
#include "run/candidates.hpp"
#include "run/evaluation_steps.hpp"
#include "run/headline.hpp"
#include "run/manifest.hpp"
#include "run/material.hpp"
#include "run/scoring.hpp"
#include "run/settle_device.hpp"
#include "run/step_log.hpp"
#include "run/strategy_facts.hpp"
#include "run/strategy_passes.hpp"
#include "run/summary.hpp"

namespace engram::run {
namespace {

using SteadyClock = std::chrono::steady_clock;

// One run in progress. Members stand in the order in which they are made; finish() ends the strategies first.
class Session {
 public:
  Session(Sources sources, const RunOptions& options, report::Terminal& terminal)
      : started_(SteadyClock::now()),
        sources_(std::move(sources)),
        options_(options),
        terminal_(terminal),
        prepared_(prepare(sources_)),
        device_(settle_device(prepared_.recipe().train)),
        folder_(options.resume.empty() ? checkpoint::RunFolder::create(options.out, prepared_.recipe().name)
                                       : checkpoint::RunFolder::open(options.resume)),
        events_(or_discard([&] { return report::EventLog(folder_.path()); })),
        material_(or_discard([&] { return load_material(prepared_, device_, phases()); })),
        scoring_(or_discard([&] { return Scoring(prepared_, material_); })) {
    // Rows of large files were estimated; now they are counted.
    prepared_.training_rows = material_.training.size();
    prepared_.steps = train::count_steps(prepared_.training_rows, settings());
  }

  ExitCode run() {
    begin();
    train::Trainer trainer(*material_.model, prepared_.strategies, prepared_.resolution, material_.training, settings(),
                           material_.mixed(prepared_.resolution));
    trainer_ = &trainer;
    restore_or_start();
    try {
      train();
      if (!interrupted()) work_after_training();
    } catch (const interrupt::Interrupted&) {
      ending_ = report::Ending::interrupted;
    } catch (const std::exception& error) {
      ending_ = report::Ending::failed;
      reason_ = error.what();
      finish();
      throw;
    }
    finish();
    if (ending_ == report::Ending::budget_not_met) return ExitCode::budget_not_met;
    return interrupted() ? ExitCode::interrupted : ExitCode::done;
  }

 private:
  const recipe::Recipe& recipe() const { return prepared_.recipe(); }
  const recipe::Train& settings() const { return recipe().train; }
  bool resuming() const { return !options_.resume.empty(); }
  // Goes on from a checkpoint; a run that ended before its first one begins again in its own folder.
  bool restoring() const { return !checkpoint_.empty(); }
  bool interrupted() const { return ending_ == report::Ending::interrupted || ending_ == report::Ending::out_of_time; }
  // Makes one part of the session. A new run that is refused before it began leaves no folder behind.
  template <class Make>
  std::invoke_result_t<Make> or_discard(Make make) {
    try {
      return make();
    } catch (...) {
      if (!resuming()) folder_.discard();
      throw;
    }
  }
  std::function<void(const std::string&)> phases() {
    return [this](const std::string& what) { terminal_.phase(what); };
  }
  double elapsed() const { return std::chrono::duration<double>(SteadyClock::now() - started_).count(); }

  void begin();
  void open_records();
  void announce();
  void score_untouched();
  void attach_strategies();
  void restore_or_start();
  void train();
  bool out_of_time() const { return options_.max_seconds && elapsed() > *options_.max_seconds; }
  void one_step();
  bool evaluated() const;
  // By a rule; of a resumed run perhaps before it was interrupted.
  bool stopped() const { return ending_ == report::Ending::stop_rule || ending_ == report::Ending::budget_not_met; }
  bool evaluation_stops();
  void evaluate();
  bool stop_rule_fires();
  void save_best();
  void write_best();
  void work_after_training();
  void scored(const Candidate& candidate, bool best);
  void save_state(std::string_view why);
  void finish();
  report::RunSummary summary() const;
  checkpoint::Subject subject() const;
  std::vector<model::NamedTensor> training_weights() const {
    return checkpoint::training_weights(*material_.model, prepared_.strategies, prepared_.resolution);
  }

  SteadyClock::time_point started_;
  Sources sources_;
  const RunOptions& options_;
  report::Terminal& terminal_;
  Preparation prepared_;
  at::Device device_;
  checkpoint::RunFolder folder_;
  report::EventLog events_;
  Material material_;
  Scoring scoring_;
  std::filesystem::path checkpoint_;           // to go on from; empty: from the start
  std::map<std::string, at::Tensor> carried_;  // beside the model that the run starts from
  train::Trainer* trainer_ = nullptr;
  recipe::History history_;
  std::optional<StepLog> step_log_;
  report::Ending ending_ = report::Ending::all_steps;
  std::string reason_;
  double training_seconds_ = 0;
  int64_t saved_step_ = -1;
  int64_t candidates_ = 0;                   // scored after training
  std::optional<Candidate> best_candidate_;  // weights proposed after training that became the result
  bool best_unsaved_ = false;                // the newest evaluation is the best, and the stop rule has not refused it
};

// Everything up to the first step. A new run that is refused here leaves no folder behind; one that is interrupted here
// begins again when it is resumed.
void Session::begin() {
  if (resuming()) checkpoint_ = checkpoint::newest_training_state(folder_.checkpoints());
  try {
    open_records();
    announce();
    score_untouched();
    attach_strategies();
  } catch (const Error&) {
    if (!resuming()) folder_.discard();
    throw;
  }
}

void Session::open_records() {
  if (!resuming()) return write_records(folder_, sources_, prepared_, material_);
  refuse_other_inputs(read_json(folder_.manifest()), manifest(sources_, prepared_, material_), folder_.path());
  if (!std::filesystem::exists(folder_.result())) return;
  training_seconds_ =
      report::summary_from_json(read_json(folder_.result()), folder_.result().string()).training_seconds;
}

void Session::announce() {
  const report::RunHeader header = run_header(prepared_, material_, folder_.path());
  terminal_.header(header);
  if (!resuming()) events_.run_started(header);
  for (const std::string& warning : material_.warnings) {
    terminal_.warning(warning);
    events_.warning(warning);
  }
}

void Session::score_untouched() {
  terminal_.phase("scoring the untouched model");
  history_.baseline = scoring_.score_untouched();
  const report::EvaluationView view =
      evaluation_view(report::EvaluationKind::baseline, {.metrics = history_.baseline}, prepared_.steps, scoring_);
  if (!resuming()) events_.evaluation(view);
  terminal_.evaluation(shortened(view));
}

void Session::attach_strategies() {
  using Start = strategy::Strategies::Start;
  strategy::InitServices services;
  carried_ = checkpoint::read_strategy_tensors(prepared_.model_folder);
  if (!restoring()) {
    services = {.passes = run_passes(sdk::Pass::When::before_training, prepared_, material_, phases()),
                .tokenize = tokenizer_of(prepared_),
                .carried = carried_,
                .report = [this](const std::string& strategy, const std::string& line) {
                  terminal_.note(strategy + ": " + line);
                  events_.event("strategy", {{"strategy", strategy}, {"text", line}});
                }};
  }
  prepared_.strategies.apply(*material_.model, prepared_.resolution, static_cast<uint64_t>(settings().seed),
                             restoring() ? Start::restored : Start::fresh, services);
}

void Session::restore_or_start() {
  if (restoring()) {
    const checkpoint::TrainingState state = checkpoint::read_training_state(checkpoint_);
    checkpoint::restore_weights(training_weights(), state.weights, checkpoint_);
    prepared_.strategies.load_state(state.strategies);
    trainer_->restore(state.trainer, state.step);
    prepared_.script.restore(state.script);
    history_ = state.history;
    if (state.stopped) {
      ending_ = state.stopped->within_budget ? report::Ending::stop_rule : report::Ending::budget_not_met;
      reason_ = state.stopped->reason;
    }
    terminal_.note("going on from " + checkpoint_.string());
  } else if (resuming()) {
    terminal_.note("it ended before its first checkpoint, and begins again");
  }
  if (resuming()) events_.event("resumed", {{"step", trainer_->done()}});
  prepared_.strategies.begin(trainer_->where());
  step_log_.emplace(*trainer_, device_, events_, terminal_);
}

void Session::train() {
  const std::vector<int64_t> due = evaluation_steps(trainer_->count(), settings().evaluations_in_first_epoch);
  while (true) {
    const bool is_due = std::binary_search(due.begin(), due.end(), trainer_->done());
    if (stopped()) return;
    // A run that was interrupted while it scored comes back here with the evaluation still to do.
    if (is_due && !evaluated() && evaluation_stops()) return;
    if (trainer_->finished()) return;
    if (interrupt::requested()) throw interrupt::Interrupted{};
    if (out_of_time()) {
      ending_ = report::Ending::out_of_time;
      return;
    }
    one_step();
  }
}

bool Session::evaluated() const {
  return !history_.evaluations.empty() && history_.evaluations.back().step == trainer_->done();
}

bool Session::evaluation_stops() {
  evaluate();
  const bool stops = stop_rule_fires();
  save_best();
  const int64_t done = trainer_->done();
  const bool epoch_ends = done > 0 && (done % trainer_->count().per_epoch == 0 || trainer_->finished());
  if (epoch_ends || stops) save_state("last");
  return stops;
}

void Session::one_step() {
  const auto start = SteadyClock::now();
  recipe::ScheduleInput input = trainer_->schedule_input();
  input.history = &history_;
  const recipe::ScheduleResult schedule = prepared_.script.schedule(input);
  refuse_unknown_numbers(schedule, prepared_.resolution, recipe().callbacks.schedule);
  step_log_->before_step();
  step_log_->add(trainer_->step(schedule));
  if (trainer_->done() == 1) {
    kernels::synchronise(device_);
    events_.first_step(seconds_since_process_start() - scoring_.seconds(), scoring_.seconds());
  }
  training_seconds_ += std::chrono::duration<double>(SteadyClock::now() - start).count();
}

void Session::evaluate() {
  if (step_log_) step_log_->flush();
  terminal_.phase("scoring every set");
  recipe::Evaluation evaluation{.step = trainer_->done(), .epoch = trainer_->epoch(), .metrics = scoring_.score_now()};
  evaluation.score = prepared_.script.score(evaluation.metrics, history_.baseline);
  const bool best = history_.evaluations.empty() || evaluation.score > history_.evaluations[history_.best].score;
  history_.evaluations.push_back(evaluation);
  if (best) history_.best = history_.evaluations.size() - 1;

  report::EvaluationView view =
      evaluation_view(report::EvaluationKind::during, evaluation, trainer_->count(), scoring_);
  view.best = best;
  events_.evaluation(view);
  terminal_.evaluation(shortened(view));
  best_unsaved_ = best && evaluation.step > 0;
}

void Session::save_best() {
  if (!best_unsaved_) return;
  best_unsaved_ = false;
  write_best();
}

checkpoint::Subject Session::subject() const {
  return {.model = *material_.model,
          .strategies = prepared_.strategies,
          .resolution = prepared_.resolution,
          .task = prepared_.trained_task,
          .base = prepared_.model_folder,
          .carried_before = carried_};
}

void Session::write_best() {
  checkpoint::write_deployable(folder_.best(), subject());
  events_.checkpoint(trainer_->done(), "best", "checkpoints/best");
}

bool Session::stop_rule_fires() {
  const recipe::StopDecision decision = prepared_.script.stop(history_);
  if (!decision.stop) return false;
  ending_ = report::Ending::stop_rule;
  reason_ = decision.reason;
  if (decision.rollback && roll_back(history_)) best_unsaved_ = false;
  if (decision.rollback && history_.best == 0) ending_ = report::Ending::budget_not_met;
  return true;
}

void Session::save_state(std::string_view why) {
  if (saved_step_ == trainer_->done()) return;
  checkpoint::TrainingState state{.step = trainer_->done(),
                                  .history = history_,
                                  .script = prepared_.script.state(),
                                  .weights = training_weights(),
                                  .trainer = trainer_->state(),
                                  .strategies = prepared_.strategies.save_state()};
  if (stopped()) state.stopped = {.within_budget = ending_ == report::Ending::stop_rule, .reason = reason_};
  const auto folder = checkpoint::write_training_state(folder_.checkpoints(), state, recipe().checkpoints.keep_last);
  saved_step_ = trainer_->done();
  events_.checkpoint(saved_step_, why, std::filesystem::relative(folder, folder_.path()).string());
}

// A run that is interrupted here comes back to the same weights and does all of it again.
void Session::work_after_training() {
  save_best();
  step_log_->flush();
  Candidates candidates(prepared_, material_, scoring_, history_,
                        [this](const Candidate& candidate, bool best) { scored(candidate, best); });
  prepared_.strategies.finish(candidates);
  candidates_ = candidates.scored();
  best_candidate_ = candidates.best();
  // What the stop rule would have rolled back becomes no result: the candidate that is kept meets the budget.
  if (best_candidate_ && ending_ == report::Ending::budget_not_met) ending_ = report::Ending::stop_rule;
  prepared_.strategies.end(trainer_->where(), run_passes(sdk::Pass::When::after_training, prepared_, material_,
                                                         [&](const std::string& what) { terminal_.phase(what); }));
  if (std::filesystem::exists(folder_.best())) checkpoint::write_carried(folder_.best(), subject());
}

void Session::finish() {
  save_best();
  if (ending_ != report::Ending::failed) step_log_->flush();
  if (interrupted()) save_state("interrupted");
  if (ending_ != report::Ending::all_steps) events_.stopped(trainer_->done(), ending_, reason_);
  const report::RunSummary result = summary();
  folder_.require_present();
  events_.finished(result);
  write_file_atomically(folder_.result(), report::to_json(result).dump(2) + "\n");
  terminal_.summary(result);
  prepared_.strategies.shutdown();
}

void Session::scored(const Candidate& candidate, bool best) {
  report::EvaluationView view =
      evaluation_view(report::EvaluationKind::candidate, candidate.evaluation, trainer_->count(), scoring_);
  view.label = candidate.label;
  view.best = best;
  events_.evaluation(view);
  terminal_.evaluation(shortened(view));
  if (best) write_best();
}

report::RunSummary Session::summary() const {
  report::RunSummary summary = summary_of_history(history_, scoring_);
  choose_candidate(summary, best_candidate_, scoring_);
  if (summary.chosen) summary.chosen->among += candidates_;
  add_plan(summary, prepared_);
  summary.run_folder = folder_.path().string();
  summary.ending = ending_;
  summary.reason = reason_;
  summary.steps_done = trainer_->done();
  summary.training_seconds = training_seconds_;
  summary.evaluation_seconds = scoring_.seconds();
  summary.total_seconds = elapsed();
  summary.peak_bytes = static_cast<int64_t>(kernels::peak_memory(device_));
  summary.next = next_commands(summary);
  return summary;
}

}  // namespace

ExitCode run_recipe(Sources sources, const RunOptions& options, report::Terminal& terminal) {
  return Session(std::move(sources), options, terminal).run();
}

}  // namespace engram::run

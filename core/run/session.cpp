#include "run/session.hpp"

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "checkpoint/continuation.hpp"
#include "checkpoint/halves.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "kernels/device.hpp"
#include "report/summary_json.hpp"
#include "run/evaluation_steps.hpp"
#include "run/headline.hpp"
#include "run/manifest.hpp"
#include "run/other_numerics.hpp"
#include "run/plugin_report.hpp"
#include "run/session_parts.hpp"
#include "run/strategy_facts.hpp"
#include "run/strategy_passes.hpp"
#include "run/summary.hpp"

namespace engram::run {
namespace {

std::string reason_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

ExitCode Session::run() {
  try {
    return whole_run();
  } catch (...) {
    std::rethrow_exception(told(std::current_exception()));
  }
}

ExitCode Session::whole_run() {
  begin();
  trainer_.emplace(*material_.model, prepared_.strategies, prepared_.resolution, material_.training, settings(),
                   material_.mixed(prepared_.resolution));
  states_.emplace(prepared_, material_, *trainer_, folder_, events_);
  restore_or_start();
  preparing_seconds_ = elapsed() - scoring_.seconds();
  try {
    train();
    if (!interrupted()) work_after_training();
  } catch (const interrupt::Interrupted&) {
    ending_ = report::Ending::interrupted;
  } catch (const std::exception&) {
    const std::exception_ptr failed = told(std::current_exception());
    ending_ = report::Ending::failed;
    reason_ = reason_of(failed);
    finish_failed();
    std::rethrow_exception(failed);
  }
  finish();
  if (ending_ == report::Ending::budget_not_met) return ExitCode::budget_not_met;
  return interrupted() ? ExitCode::interrupted : ExitCode::done;
}

// Everything up to the first step. A new run that is refused here leaves no folder behind; one that is interrupted here
// begins again when it is resumed.
void Session::begin() {
  try {
    if (resuming()) {
      checkpoint::sweep_halves(folder_.checkpoints());
      found_ = checkpoint::newest_whole_state(folder_.checkpoints(), checkpoint::Wanted::any);
    }
    if (sources_.followed == Followed::yes) refuse_unfollowable(prepared_);
    open_records();
    announce();
    score_untouched();
    attach_strategies();
  } catch (const Error& error) {
    folder_.require_present();  // or that is the cause
    if (!resuming() && error.exit_code() == ExitCode::refused) folder_.discard();
    throw;
  }
}

void Session::open_records() {
  log::open_file(folder_.log());
  const Json before = manifest_to_go_on(folder_);
  if (is_complete(before)) {
    const Json now = manifest(sources_, prepared_, &material_);
    refuse_other_inputs(before, now, folder_.path());
    for (const std::string& difference : other_numerics(before, now)) {
      terminal_.warning(difference);
      log::warning(difference);
    }
  } else {
    write_records(folder_, sources_, prepared_, material_);
  }
  best_checkpoint_.emplace(prepared_, material_, folder_, sources_.followed);
  if (!resuming()) return;
  if (!restoring()) {
    events_.begin_again();
    best_checkpoint_->put_back({});
  }
  if (!std::filesystem::exists(folder_.result())) return;
  training_seconds_ =
      report::summary_from_json(read_json(folder_.result()), folder_.result().string()).training_seconds;
}

void Session::announce() {
  const report::RunHeader header = run_header(prepared_, material_, folder_.path());
  terminal_.header(header);
  for (const std::string& warning : material_.warnings) terminal_.warning(warning);
  for (const advisor::Advice& advice : prepared_.advice) terminal_.advice(advice);
  if (restoring()) return;  // the events are there
  events_.run_started(header);
  for (const std::string& warning : material_.warnings) events_.warning(warning);
  for (const advisor::Advice& advice : prepared_.advice) events_.advice(advice);
}

void Session::score_untouched() {
  at_phase("scoring the untouched model", MemoryUse::scoring);
  history_.baseline = scoring_.score_untouched();
  const report::EvaluationView view = evaluation_view(report::EvaluationKind::baseline, {.metrics = history_.baseline},
                                                      prepared_.steps, scoring_, prepared_.guards);
  if (!restoring()) events_.evaluation(view);
  terminal_.evaluation(view);
}

void Session::attach_strategies() {
  using Start = strategy::Strategies::Start;
  strategy::InitServices services;
  if (!restoring()) {
    services = {.passes = run_passes(sdk::Pass::When::before_training, prepared_, material_, phases()),
                .tokenize = tokenizer_of(prepared_),
                .carried = checkpoint::read_strategy_tensors(prepared_.model_folder),
                .report = [this](const std::string& strategy, const std::string& line) {
                  terminal_.note(strategy + ": " + line);
                  events_.event("strategy", {{"strategy", strategy}, {"text", line}});
                }};
  }
  prepared_.strategies.apply(*material_.model, prepared_.resolution, static_cast<uint64_t>(settings().seed),
                             restoring() ? Start::restored : Start::fresh, services);
  if (prepared_.start && !restoring()) {
    checkpoint::put_adapter(prepared_.start->adapter, *material_.model, prepared_.strategies, prepared_.resolution,
                            prepared_.trained_task);
    terminal_.note("going on from the adapter " + prepared_.start->adapter.folder.string());
  }
}

void Session::restore_or_start() {
  if (restoring()) {
    restore();
  } else if (resuming()) {
    terminal_.note("it ended before its first checkpoint, and begins again");
  }
  history_.steps = trainer_->count().total;
  if (resuming()) events_.sitting("resumed", {{"step", trainer_->done()}, {"time", utc_now()}});
  prepared_.strategies.begin(trainer_->where());
  log_steps();
}

void Session::restore() {
  checkpoint::TrainingRecord record = states_->restore(std::move(found_->state), found_->folder);
  history_ = std::move(record.history);
  const bool of_candidate = best_checkpoint_->is_of_candidate();  // which work after training writes again
  if (!best_checkpoint_->put_back(named_best()) && !of_candidate) {
    terminal_.note(
        "checkpoints/best is not the one that the training state names: it was changed from outside, or a "
        "later state was lost; it stays until a better one comes");
  }
  history_.seconds = record.seconds;
  evaluated_step_ = record.evaluated_step;
  rate_cut_ = record.rate_cut;
  spikes_ = record.spikes;
  seconds_before_ = record.seconds;
  if (record.stopped) {
    ending_ = record.stopped->within_budget ? report::Ending::stop_rule : report::Ending::budget_not_met;
    reason_ = record.stopped->reason;
  }
  for (checkpoint::Damaged& damaged : found_->passed_over) {
    damaged.folder = checkpoint::set_aside(damaged);
    tell_damaged(damaged);
  }
  // A process that was killed after it had saved a state may not have come to that.
  checkpoint::remove_old_states(folder_.checkpoints(), recipe().checkpoints.keep_last);
  terminal_.note("going on from " + found_->folder.string());
}

void Session::tell_damaged(const checkpoint::Damaged& damaged) {
  const std::string text =
      "a training state is damaged and was passed over, it is " + damaged.folder.string() + " now: " + damaged.why;
  log::info(text);
  terminal_.warning(text);
  events_.sitting("damaged", {{"folder", "checkpoints/" + damaged.folder.filename().string()}, {"why", damaged.why}});
}

void Session::train() {
  const std::vector<int64_t> due = evaluation_steps(trainer_->count(), settings().evaluations_in_first_epoch);
  while (true) {
    const bool is_due = std::binary_search(due.begin(), due.end(), trainer_->done());
    if (stopped()) return;
    // A run that was interrupted while it scored comes back here with the evaluation still to do.
    if (is_due && evaluated_step_ != trainer_->done() && evaluation_stops()) return;
    if (trainer_->finished()) return;
    if (interrupt::requested() || stop_is_due()) throw interrupt::Interrupted{};
    if (out_of_time()) {
      ending_ = report::Ending::out_of_time;
      return;
    }
    one_step();
  }
}

void Session::one_step() {
  const auto start = std::chrono::steady_clock::now();
  recipe::ScheduleInput input = trainer_->schedule_input();
  input.history = &history_;
  // A step that is interrupted or fails inside may be run again: then the schedule is asked for it again.
  script_before_ = prepared_.script.state();
  recipe::ScheduleResult schedule = prepared_.script.schedule(input);
  schedule.rate_factor *= rate_cut_;
  refuse_unknown_numbers(schedule, prepared_.resolution, recipe().callbacks.schedule);
  step_log_->before_step();
  doing_ = {.what = "step " + std::to_string(trainer_->done() + 1), .use = MemoryUse::training};
  train::StepResult result;
  can_repeat_ = true;
  try {
    result = trainer_->step(schedule);
  } catch (...) {
    prepared_.script.restore(script_before_);
    throw;
  }
  can_repeat_ = false;
  step_log_->add(std::move(result), schedule.strategy_numbers);
  if (trainer_->done() == 1) {
    kernels::synchronise(device_);
    events_.first_step(seconds_since_process_start() - options_.process_seconds - scoring_.seconds(),
                       scoring_.seconds());
  }
  training_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!undone_by_.empty()) read_steps();
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
  best_checkpoint_->write_carried();
}

// What ended the run is told, not what fails again when its end is written.
void Session::finish_failed() {
  try {
    finish();
  } catch (const std::exception& error) {
    log::info(std::string("the end of the run was not written: ") + error.what());
  }
}

void Session::finish() {
  save_best();
  if (ending_ != report::Ending::failed) read_steps();
  const std::exception_ptr unsaved = interrupted() ? save_interrupted() : nullptr;
  if (ending_ != report::Ending::all_steps) events_.stopped(trainer_->done(), ending_, reason_);
  const report::RunSummary result = summary();
  folder_.require_present();
  events_.finished(result);
  write_file_atomically(folder_.result(), report::to_json(result).dump(2) + "\n");
  tell_plugin_report(prepared_.strategies, terminal_, events_);
  terminal_.summary(result);
  if (!interrupted() && ending_ != report::Ending::failed) best_checkpoint_->settle();
  prepared_.strategies.shutdown();
  if (unsaved) std::rethrow_exception(unsaved);
}

// A plugin that cannot save its state does not cost what else is written at the end: the state before stays.
std::exception_ptr Session::save_interrupted() {
  try {
    save_state(When::between, "interrupted");
    return nullptr;
  } catch (const PluginError& error) {
    ending_ = report::Ending::failed;
    reason_ = error.what();
    return std::current_exception();
  }
}

report::RunSummary Session::summary() const {
  report::RunSummary summary = summary_of_history(history_, scoring_);
  choose_candidate(summary, best_candidate_, scoring_);
  if (summary.chosen) summary.chosen->among += candidates_;
  // What training went on from was kept at step 0.
  if (summary.chosen && prepared_.start && std::filesystem::exists(folder_.best())) {
    summary.chosen->folder = "checkpoints/best";
  }
  add_plan(summary, prepared_);
  summary.run_folder = folder_.path().string();
  summary.ending = ending_;
  summary.reason = reason_;
  summary.steps_done = trainer_->done();
  summary.training_seconds = training_seconds_;
  summary.evaluation_seconds = scoring_.seconds();
  summary.preparing_seconds = preparing_seconds_;
  summary.total_seconds = elapsed();
  summary.peak_bytes = static_cast<int64_t>(kernels::peak_memory(device_));
  summary.next = next_commands(summary);
  return summary;
}

ExitCode run_recipe(Sources sources, const RunOptions& options, report::Terminal& terminal) {
  return Session(std::move(sources), options, terminal).run();
}

}  // namespace engram::run

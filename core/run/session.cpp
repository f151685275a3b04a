#include "run/session.hpp"

#include <chrono>
#include <type_traits>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
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
#include "run/plan_text.hpp"
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
        material_(or_discard([&] {
          return load_material(prepared_, device_, [&](const std::string& what) { terminal_.phase(what); });
        })),
        scoring_(or_discard([&] { return Scoring(prepared_, material_); })) {
    // Rows of large files were estimated; now they are counted.
    prepared_.training_rows = material_.training.size();
    prepared_.steps = train::count_steps(prepared_.training_rows, settings());
  }

  ExitCode run() {
    write_records();
    announce();
    score_untouched();
    attach_strategies();
    train::Trainer trainer(*material_.model, prepared_.strategies, prepared_.resolution, material_.training, settings(),
                           material_.mixed(prepared_.resolution));
    trainer_ = &trainer;
    resume_or_begin();
    try {
      train();
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
  double elapsed() const { return std::chrono::duration<double>(SteadyClock::now() - started_).count(); }

  void write_records();
  void announce();
  void score_untouched();
  void attach_strategies();
  void resume_or_begin();
  void train();
  bool out_of_time() const { return options_.max_seconds && elapsed() > *options_.max_seconds; }
  void one_step();
  bool evaluated() const;
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
  std::vector<model::NamedTensor> training_weights() const;

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
  train::Trainer* trainer_ = nullptr;
  recipe::History history_;
  std::optional<StepLog> step_log_;
  report::Ending ending_ = report::Ending::all_steps;
  std::string reason_;
  double training_seconds_ = 0;
  int64_t saved_step_ = -1;
  std::optional<Candidate> best_candidate_;  // weights proposed after training that became the result
  bool best_unsaved_ = false;                // the newest evaluation is the best, and the stop rule has not refused it
};

void Session::write_records() {
  if (resuming()) {
    refuse_other_inputs(read_json(folder_.manifest()), manifest(sources_, prepared_, material_), folder_.path());
    if (std::filesystem::exists(folder_.result())) {
      training_seconds_ =
          report::summary_from_json(read_json(folder_.result()), folder_.result().string()).training_seconds;
    }
    return;
  }
  log::open_file(folder_.log());
  write_file_atomically(folder_.recipe_copy(), recipe().source);
  write_file_atomically(folder_.plan(), plan_text(prepared_));
  write_file_atomically(folder_.manifest(), manifest(sources_, prepared_, material_).dump(2) + "\n");
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
  if (!resuming()) {
    services = {.passes = run_passes(sdk::Pass::When::before_training, prepared_, material_,
                                     [&](const std::string& what) { terminal_.phase(what); }),
                .tokenize = tokenizer_of(prepared_),
                .carried = checkpoint::read_strategy_tensors(prepared_.model_folder)};
  }
  prepared_.strategies.apply(*material_.model, prepared_.resolution, static_cast<uint64_t>(settings().seed),
                             resuming() ? Start::restored : Start::fresh, services);
}

std::vector<model::NamedTensor> Session::training_weights() const {
  std::vector<model::NamedTensor> weights;
  for (const model::NamedTensor& entry : material_.model->parameters()) {
    const strategy::ResolvedTensor* resolved = prepared_.resolution.find(entry.name);
    if (resolved != nullptr && resolved->ever_trains()) weights.push_back(entry);
  }
  for (const model::NamedTensor& entry : prepared_.strategies.claimed_tensors()) weights.push_back(entry);
  return weights;
}

void Session::resume_or_begin() {
  if (resuming()) {
    const std::filesystem::path from = checkpoint::newest_training_state(folder_.checkpoints());
    if (from.empty()) {
      throw DataError({.what = "holds no checkpoint to go on from: it ended before the first one was saved",
                       .where = folder_.path().string(),
                       .fix = "begin it anew: engram run RECIPE"});
    }
    const checkpoint::TrainingState state = checkpoint::read_training_state(from);
    checkpoint::restore_weights(training_weights(), state.weights, from);
    prepared_.strategies.load_state(state.strategies);
    trainer_->restore(state.trainer, state.step);
    prepared_.script.restore(state.script);
    history_ = state.history;
    events_.event("resumed", {{"step", state.step}});
    terminal_.note("going on from " + from.string());
  }
  prepared_.strategies.begin(trainer_->where());
  step_log_.emplace(*trainer_, device_, events_, terminal_);
}

void Session::train() {
  const std::vector<int64_t> due = evaluation_steps(trainer_->count(), settings().evaluations_in_first_epoch);
  while (true) {
    const bool is_due = std::binary_search(due.begin(), due.end(), trainer_->done());
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
  refuse_unknown_numbers(schedule, prepared_.resolution);
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

void Session::write_best() {
  checkpoint::write_deployable(folder_.best(), {.model = *material_.model,
                                                .strategies = prepared_.strategies,
                                                .resolution = prepared_.resolution,
                                                .task = prepared_.trained_task,
                                                .base = prepared_.model_folder});
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
  const checkpoint::TrainingState state{.step = trainer_->done(),
                                        .history = history_,
                                        .script = prepared_.script.state(),
                                        .weights = training_weights(),
                                        .trainer = trainer_->state(),
                                        .strategies = prepared_.strategies.save_state()};
  const auto folder = checkpoint::write_training_state(folder_.checkpoints(), state, recipe().checkpoints.keep_last);
  saved_step_ = trainer_->done();
  events_.checkpoint(saved_step_, why, std::filesystem::relative(folder, folder_.path()).string());
}

void Session::finish() {
  save_best();
  if (ending_ != report::Ending::failed) step_log_->flush();
  if (interrupted()) save_state("interrupted");
  if (ending_ != report::Ending::failed) work_after_training();
  if (ending_ != report::Ending::all_steps) events_.stopped(trainer_->done(), ending_, reason_);
  const report::RunSummary result = summary();
  if (!std::filesystem::exists(folder_.manifest())) {
    throw InternalError({.what = "the run folder was removed during the run, and what it held is lost",
                         .where = folder_.path().string()},
                        ExitCode::resources);
  }
  events_.finished(result);
  write_file_atomically(folder_.result(), report::to_json(result).dump(2) + "\n");
  terminal_.summary(result);
  prepared_.strategies.shutdown();
}

// An interrupted run goes on later: what belongs after training waits until then.
void Session::work_after_training() {
  strategy::PassResults passes;
  if (!interrupted()) {
    Candidates candidates(prepared_, material_, scoring_, history_,
                          [this](const Candidate& candidate, bool best) { scored(candidate, best); });
    prepared_.strategies.finish(candidates);
    best_candidate_ = candidates.best();
    passes = run_passes(sdk::Pass::When::after_training, prepared_, material_,
                        [&](const std::string& what) { terminal_.phase(what); });
  }
  prepared_.strategies.end(trainer_->where(), passes);
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
  if (best_candidate_) choose_candidate(summary, *best_candidate_, scoring_);
  summary.recipe = recipe().name;
  summary.run_folder = folder_.path().string();
  summary.ending = ending_;
  summary.reason = reason_;
  summary.steps_done = trainer_->done();
  summary.steps = trainer_->count().total;
  summary.parameters = prepared_.resolution.total_count();
  summary.trainable = prepared_.resolution.trainable_count();
  summary.original_waived = recipe().original_waived;
  summary.training_seconds = training_seconds_;
  summary.evaluation_seconds = scoring_.seconds();
  summary.total_seconds = elapsed();
  summary.peak_bytes = static_cast<int64_t>(kernels::peak_memory(device_));
  for (const auto& [id, settings] : prepared_.strategies.settings()) summary.strategies.push_back(id);
  summary.next = next_commands(summary);
  return summary;
}

}  // namespace

ExitCode run_recipe(Sources sources, const RunOptions& options, report::Terminal& terminal) {
  return Session(std::move(sources), options, terminal).run();
}

}  // namespace engram::run

// One run in progress: what session.cpp and session_evaluation.cpp share; nobody else includes it.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "checkpoint/run_folder.hpp"
#include "checkpoint/whole_state.hpp"
#include "report/events.hpp"
#include "report/terminal.hpp"
#include "run/best_checkpoint.hpp"
#include "run/candidates.hpp"
#include "run/manifest.hpp"
#include "run/material.hpp"
#include "run/out_of_memory.hpp"
#include "run/row_places.hpp"
#include "run/scoring.hpp"
#include "run/session.hpp"
#include "run/settle_device.hpp"
#include "run/step_log.hpp"
#include "run/training_states.hpp"

namespace engram::run {

// One run in progress. Members stand in the order in which they are made; finish() ends the strategies first.
class Session {
 public:
  Session(Sources sources, const RunOptions& options, report::Terminal& terminal)
      : started_(std::chrono::steady_clock::now()),
        sources_(std::move(sources)),
        options_(options),
        terminal_(terminal),
        prepared_(prepare(sources_)),
        device_(settle_device(prepared_.recipe().train)),
        folder_(options.resume.empty()
                    ? checkpoint::RunFolder::create(
                          options.out, prepared_.recipe().name,
                          [&](const auto& fresh) { write_first_records(fresh, sources_, prepared_); })
                    : checkpoint::RunFolder::go_on(options.resume)),
        events_(or_discard([&] { return report::EventLog(folder_.path()); })),
        material_(or_discard([&] {
          return with_memory_told(doing_, prepared_, folder_.path(),
                                  [&] { return load_material(prepared_, device_, phases()); });
        })),
        places_(prepared_, material_),
        scoring_(or_discard([&] { return Scoring(prepared_, material_); })) {
    // Rows of large files were estimated; now they are counted.
    prepared_.training_rows = material_.training.size();
    prepared_.steps = train::count_steps(prepared_.training_rows, settings());
  }

  ExitCode run();

 private:
  const recipe::Recipe& recipe() const { return prepared_.recipe(); }
  const recipe::Train& settings() const { return recipe().train; }
  bool resuming() const { return !options_.resume.empty(); }
  // Goes on from a checkpoint; a run that ended before its first one begins again in its own folder.
  bool restoring() const { return found_.has_value(); }
  bool interrupted() const { return ending_ == report::Ending::interrupted || ending_ == report::Ending::out_of_time; }
  // Makes one part of the session. A new run that is refused before it began leaves no folder behind; one that failed
  // for want of a resource, or was interrupted, can go on.
  template <class Make>
  std::invoke_result_t<Make> or_discard(Make make) {
    try {
      return make();
    } catch (const Error& error) {
      if (!resuming() && error.exit_code() == ExitCode::refused) folder_.discard();
      throw;
    }
  }
  std::function<void(const std::string&)> phases() {
    return [this](const std::string& what) { at_phase(what, MemoryUse::preparing); };
  }
  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

  // Says what is being waited for, and remembers it for whatever fails.
  void at_phase(const std::string& what, MemoryUse use) {
    doing_ = {.what = what, .use = use};
    terminal_.phase(what);
  }

  ExitCode whole_run();
  void begin();
  void open_records();
  void announce();
  void score_untouched();
  void attach_strategies();
  void restore_or_start();
  void restore();
  void tell_damaged(const checkpoint::Damaged& damaged);
  void train();
  bool stop_is_due() const { return options_.stop_at && trainer_->done() >= *options_.stop_at; }
  bool out_of_time() const { return options_.max_seconds && elapsed() > *options_.max_seconds; }
  void one_step();
  // By a rule; of a resumed run perhaps before it was interrupted.
  bool stopped() const { return ending_ == report::Ending::stop_rule || ending_ == report::Ending::budget_not_met; }
  bool evaluation_stops();
  void evaluate();
  recipe::Metrics measure();
  std::string why_it_ends(const recipe::StopDecision& decision) const;
  void stop_by(const recipe::StopDecision& decision);
  void roll_back_and_go_on(const recipe::StopDecision& decision);
  void go_back(double cut, const std::string& reason);
  void log_steps();
  // Reads the steps that are waiting; true: a spike has undone steps, and training is at an earlier one.
  bool read_steps();
  After spike(const ReadStep& read);
  train::StepCause cause_of(const ReadStep& read);
  [[noreturn]] void not_finite(const ReadStep& read);
  void refuse_not_finite(const recipe::Metrics& metrics);
  [[noreturn]] void too_many_spikes(const ReadStep& read, const std::string& what);
  // What is known of the failure besides what was thrown; saves where training stands when that is whole.
  std::exception_ptr told(const std::exception_ptr& thrown);
  void save_failed();
  std::string kept() const;
  bool state_is_due() const;
  void save_best();
  void write_best(const checkpoint::Kept& kept);
  // The best of the history; empty: nothing that was trained, so there is no checkpoint of it.
  std::optional<checkpoint::Kept> named_best() const;
  void work_after_training();
  void scored(const Candidate& candidate, bool best);
  // At an evaluation that was accepted, or in between.
  enum class When { accepted, between };
  void save_state(When when, std::string_view why);
  void finish();
  std::exception_ptr save_interrupted();
  void finish_failed();
  report::RunSummary summary() const;

  std::chrono::steady_clock::time_point started_;
  Sources sources_;
  const RunOptions& options_;
  report::Terminal& terminal_;
  Preparation prepared_;
  Doing doing_;
  at::Device device_;
  checkpoint::RunFolder folder_;
  report::EventLog events_;
  Material material_;
  RowPlaces places_;
  Scoring scoring_;
  std::optional<checkpoint::WholeState> found_;  // to go on from; its state is taken when it is put back
  std::optional<train::Trainer> trainer_;
  std::optional<TrainingStates> states_;
  std::optional<BestCheckpoint> best_checkpoint_;
  recipe::History history_;
  int64_t evaluated_step_ = -1;  // the last step that was scored on the way to the weights at hand
  double rate_cut_ = 1;          // what roll-backs have left of the learning rate
  double seconds_before_ = 0;    // of the run's earlier sittings
  int64_t spikes_ = 0;           // so far, roll-backs or not
  bool can_repeat_ = false;      // what is being done leaves no trace when it fails: where training stands may be saved
  std::string undone_by_;        // a spike that has undone the steps read last; empty: none
  Json script_before_;           // the script's state before the last step
  std::optional<StepLog> step_log_;
  report::Ending ending_ = report::Ending::all_steps;
  std::string reason_;
  double training_seconds_ = 0;
  double preparing_seconds_ = 0;             // before the first step of this sitting, scoring left out
  int64_t candidates_ = 0;                   // scored after training
  std::optional<Candidate> best_candidate_;  // weights proposed after training that became the result
  bool best_unsaved_ = false;                // the newest evaluation is the best, and the stop rule has not refused it
};

}  // namespace engram::run

// One run in progress: what session.cpp and session_evaluation.cpp share; nobody else includes it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "checkpoint/run_folder.hpp"
#include "report/events.hpp"
#include "report/terminal.hpp"
#include "run/best_checkpoint.hpp"
#include "run/candidates.hpp"
#include "run/material.hpp"
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
        folder_(options.resume.empty() ? checkpoint::RunFolder::create(options.out, prepared_.recipe().name)
                                       : checkpoint::RunFolder::open(options.resume)),
        events_(or_discard([&] { return report::EventLog(folder_.path()); })),
        material_(or_discard([&] { return load_material(prepared_, device_, phases()); })),
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
  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

  void begin();
  void open_records();
  void announce();
  void score_untouched();
  void attach_strategies();
  void restore_or_start();
  void train();
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
  bool state_is_due() const;
  void save_best();
  void write_best();
  void work_after_training();
  void scored(const Candidate& candidate, bool best);
  // At an evaluation that was accepted, or in between.
  enum class When { accepted, between };
  void save_state(When when, std::string_view why);
  void finish();
  report::RunSummary summary() const;

  std::chrono::steady_clock::time_point started_;
  Sources sources_;
  const RunOptions& options_;
  report::Terminal& terminal_;
  Preparation prepared_;
  at::Device device_;
  checkpoint::RunFolder folder_;
  report::EventLog events_;
  Material material_;
  Scoring scoring_;
  std::filesystem::path checkpoint_;  // to go on from; empty: from the start
  train::Trainer* trainer_ = nullptr;
  std::optional<TrainingStates> states_;
  std::optional<BestCheckpoint> best_checkpoint_;
  recipe::History history_;
  int64_t evaluated_step_ = -1;  // the last step that was scored on the way to the weights at hand
  double rate_cut_ = 1;          // what roll-backs have left of the learning rate
  double seconds_before_ = 0;    // of the run's earlier sittings
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

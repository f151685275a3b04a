// Passes what steps leave behind to the event files and the terminal, without making the device wait at every step.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "report/events.hpp"
#include "report/terminal.hpp"
#include "train/trainer.hpp"

namespace engram::run {

// A step whose numbers have been read.
struct ReadStep {
  train::StepResult result;
  std::map<std::string, double> factors;  // of strategies' numbers, as the schedule had them ("ewc.lambda")
  report::StepProgress progress;
  bool is_spike = false;
  double norm_limit = 0;  // above which it is one
  double loss_limit = 0;
};

// What becomes of the steps after a spike, as far as they are done.
enum class After { kept, undone };

// Who decides about steps that stand out.
struct StepRules {
  // A step whose loss or gradient was not finite, where train.spikes is not set. Throws. The update of that step and of
  // every later one with such gradients was skipped, so the weights are finite.
  std::function<void(const ReadStep&)> not_finite;
  // A spike, whose update was skipped. Called after its event was written.
  std::function<After(const ReadStep&)> spike;
};

// Which steps are read at once, on a device that runs ahead of the host.
enum class Reading { at_every_step, now_and_then };

class StepLog {
 public:
  // Borrows trainer, events and terminal. Values are read every step on a CPU or when asked to, else every tenth.
  StepLog(const train::Trainer& trainer, at::Device device, report::EventLog& events, report::Terminal& terminal,
          StepRules rules, Reading reading = Reading::now_and_then);

  // Call before every step: what other work took since the last one is not counted as training.
  void before_step();
  void add(train::StepResult result, std::map<std::string, double> factors);
  // Reads what is waiting: one event a step. Steps after a spike that undoes them are forgotten.
  void flush();

 private:
  struct Step {
    train::StepResult result;
    std::map<std::string, double> factors;
  };
  report::StepProgress progress_of(const Step& step, double loss, double norm) const;
  ReadStep read(Step step, const double*& value) const;

  const train::Trainer& trainer_;
  report::EventLog& events_;
  report::Terminal& terminal_;
  StepRules rules_;
  size_t interval_;
  std::vector<Step> waiting_;
  std::chrono::steady_clock::time_point since_;  // start of the work in waiting_
  double seconds_ = 0;                           // spent on steps so far
  int64_t first_step_ = 0;                       // steps done when this object was made
  double samples_per_second_ = 0;
};

}  // namespace engram::run

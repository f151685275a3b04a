// Passes what steps leave behind to the event files and the terminal, without making the device wait at every step.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "report/events.hpp"
#include "report/terminal.hpp"
#include "train/trainer.hpp"

namespace engram::run {

class StepLog {
 public:
  // Borrows all of them. Values are read every step on a CPU, every tenth on other devices.
  StepLog(const train::Trainer& trainer, at::Device device, report::EventLog& events, report::Terminal& terminal);

  // Call before every step: what other work took since the last one is not counted as training.
  void before_step();
  // `factors`: of strategies' numbers, as the schedule had them ("ewc.lambda").
  void add(train::StepResult result, std::map<std::string, double> factors);
  // Reads what is waiting: one event a step. Throws InternalError (exit 6) at the first step whose loss or gradient was
  // not finite. That update and every later one with such gradients were skipped, so the weights are finite.
  void flush();

 private:
  struct Step {
    train::StepResult result;
    std::map<std::string, double> factors;
  };
  report::StepProgress progress_of(const Step& step, double loss, double norm) const;

  const train::Trainer& trainer_;
  report::EventLog& events_;
  report::Terminal& terminal_;
  size_t interval_;
  std::vector<Step> waiting_;
  std::chrono::steady_clock::time_point since_;  // start of the work in waiting_
  double seconds_ = 0;                           // spent on steps so far
  int64_t first_step_ = 0;                       // steps done when this object was made
  double samples_per_second_ = 0;
};

}  // namespace engram::run

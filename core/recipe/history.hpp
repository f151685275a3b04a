// What callbacks see of a run: metrics by set and name, and the evaluations so far.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace engram::recipe {

// metrics["new"]["accuracy"]; sorted, so that every walk over it is repeatable.
using Metrics = std::map<std::string, std::map<std::string, double>>;

struct Evaluation {
  int64_t step = 0;  // optimizer steps done
  double epoch = 0;  // fractional epochs done
  Metrics metrics;
  double score = 0;
};

struct History {
  Metrics baseline;                     // the untouched model
  std::vector<Evaluation> evaluations;  // from step 0 on; the last is the newest
  size_t best = 0;                      // index of the evaluation with the largest score (first among equals)
  int64_t steps = 0;                    // of the whole run
  double seconds = 0;                   // since the run began, over all its sittings; by the clock
};

struct ScheduleInput {
  int64_t step = 0;   // optimizer steps done before this one, from 0
  int64_t steps = 0;  // total
  double epoch = 0;   // fractional
  double epochs = 0;  // total
  // The evaluations so far (s.evaluations, s.history); nullptr: none. One object for a whole run, appended to.
  const History* history = nullptr;
};

struct ScheduleResult {
  double rate_factor = 1;                          // times train.learning_rate
  std::map<std::string, double> strategy_numbers;  // "ewc.lambda" -> 2
};

struct StopDecision {
  bool stop = false;
  bool rollback = false;  // the newest evaluation is refused: the result is the best one before it
  double cut = 0;         // with rollback: above 0, the run goes on from the last saved state at so much of its rate
  std::string reason;
};

}  // namespace engram::recipe

// What is said about a run, as plain values: the terminal, the event files, result.json and `engram compare` share
// them.
//
// Nothing here computes: the rooms that know (train, eval, run) fill these in. Clock values are in the fields marked
// so; they reach the terminal and timing.jsonl, never events.jsonl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace engram::report {

enum class Role { new_task, original_task };

// How a measure is written: a share of 1 as percent and its change in points; nats and plain numbers as they are.
enum class Unit { share, nats, plain };

// Which change is good. By unit: of shares (accuracy, macro F1) more is better; of nats and plain numbers (loss, KL,
// drift) less is. A recipe's own metrics are plain numbers and say themselves.
enum class Better { by_unit, larger, smaller };

struct DataLine {
  std::string name;
  std::string purpose;  // "trains the new task", "scores the original task"
  int64_t rows = 0;
  std::string note;  // "8 longer than 128 tokens, cut"; may be empty
};

struct StrategyLine {
  std::string id;
  std::string summary;  // "rank 8, alpha 32, on query and value of 6 blocks"
};

// The one header: what will happen.
struct RunHeader {
  std::string recipe;  // its name
  std::string run_folder;
  std::string model;          // as the recipe writes it
  std::string model_summary;  // "bert, 6 blocks, 384 wide"
  int64_t parameters = 0;     // the model's, and trainable claimed tensors
  int64_t trainable = 0;      // that train at some time
  std::vector<DataLine> data;
  std::vector<StrategyLine> strategies;  // empty: full fine-tuning
  int64_t steps = 0;                     // optimizer steps planned
  double epochs = 0;
  int64_t batch_size = 0;  // examples per optimizer step
  double learning_rate = 0;
  std::string schedule;  // "linear, warm-up 0.1"
  std::string score;     // in words, or where the function is ("recipe.lua:24")
  std::string stop;
  std::string device;     // "cpu, 2 threads" or "cuda:0 NVIDIA H200"
  std::string precision;  // "fp32"
  int64_t seed = 0;
};

// One log point of the loop.
struct StepProgress {
  int64_t step = 0;                                              // optimizer steps done
  int64_t steps = 0;                                             // planned
  double epoch = 0;                                              // fractional epochs done
  double loss = 0;                                               // mean over the examples since the last log point
  std::vector<std::pair<std::string, double>> learning_rates;    // by optimizer group; the first is shown
  std::vector<std::pair<std::string, double>> schedule_factors;  // "ewc.lambda", times what the recipe says
  double gradient_norm = 0;                                      // before clipping
  int64_t mixed_examples = 0;                                    // of the step, from other data sets
  std::vector<std::pair<std::string, double>> terms;             // weighted loss terms of the step, nats
  std::vector<std::pair<std::string, double>> penalties;         // weighted penalties of the step, nats
  double samples_per_second = 0;                                 // clock
  double seconds_left = 0;                                       // clock; below 0: not known yet
};

// One measure of one set. `change` is now - baseline, so its sign alone does not say whether it is good.
struct EvaluationRow {
  std::string set;
  Role role = Role::new_task;
  std::string metric;  // "accuracy", "macro_f1", "loss"
  Unit unit = Unit::share;
  double baseline = 0;  // the untouched model
  double now = 0;
  double change = 0;
  std::optional<double> drop;      // original task: what was lost, larger is worse
  std::optional<double> retained;  // original task: 1 - relative drop
  Better better = Better::by_unit;
  bool detail = false;  // left out of the tables during a run; files and --json hold it
};

enum class EvaluationKind {
  baseline,
  during,
  candidate,  // weights that a strategy proposed after training
};

struct EvaluationView {
  EvaluationKind kind = EvaluationKind::during;
  std::string label;  // of a candidate: "weight_interpolation: alpha 0.4"
  int64_t step = 0;
  int64_t steps = 0;
  double epoch = 0;
  std::vector<EvaluationRow> rows;
  std::optional<double> score;  // absent for the baseline
  bool best = false;            // the largest score so far
  double seconds = 0;           // clock
};

struct RunPoint {
  double step = 0;  // interpolated, hence fractional
  double epoch = 0;
};

// Why training ended; the process's exit code is chosen from it.
enum class Ending { all_steps, stop_rule, budget_not_met, interrupted, out_of_time, failed };

struct ChosenCheckpoint {
  int64_t step = 0;
  double epoch = 0;
  double score = 0;
  int64_t among = 0;  // evaluations it was chosen from
  std::string folder;
  std::string label;  // of a candidate; empty: the weights as they were at that step
};

// The end of a run; result.json holds all of this but `next` (summary_json.hpp).
struct RunSummary {
  std::string recipe;
  std::string run_folder;
  std::vector<std::string> strategies;  // ids, in recipe order
  Ending ending = Ending::all_steps;
  std::string reason;  // of a stop rule or a failure, in words; empty for all_steps
  int64_t steps_done = 0;
  int64_t steps = 0;
  int64_t parameters = 0;
  int64_t trainable = 0;
  std::vector<EvaluationRow> rows;             // of the chosen checkpoint, else of the last evaluation
  std::vector<EvaluationRow> last_rows;        // of the last evaluation; empty when that is the chosen one
  std::optional<RunPoint> marginal_crossover;  // first point where a step cost more than it taught
  std::optional<RunPoint> level_crossover;     // first point where retained fell below gained
  bool original_waived = false;                // no original set: there is no crossover to look for
  std::optional<ChosenCheckpoint> chosen;
  std::vector<std::string> next;  // command lines that make sense now, each with what it does after two spaces
  double training_seconds = 0;    // clock
  double evaluation_seconds = 0;  // clock
  double preparing_seconds = 0;   // clock; before the first step, scoring left out
  double total_seconds = 0;       // clock
  int64_t peak_bytes = 0;         // resident; 0: not measured
};

}  // namespace engram::report

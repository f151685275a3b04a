// The training loop's engine: one optimizer step at a time, on any device. Who is evaluated when is decided elsewhere.
//
// Order inside a step (a contract): micro-batches forward and backward, with loss terms and mixed examples ->
// on_gradients (read-only) -> penalties -> projection -> clip -> optimizer step -> on_update.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "recipe/history.hpp"
#include "recipe/recipe.hpp"
#include "strategy/strategies.hpp"
#include "train/adamw.hpp"
#include "train/mixing.hpp"
#include "train/spike_watch.hpp"

namespace engram::train {

// Optimizer steps of a run, as transformers counts them: the last, smaller batch of an epoch is kept.
struct StepCount {
  int64_t per_epoch = 0;
  int64_t total = 0;
};
StepCount count_steps(int64_t examples, const recipe::Train& settings);

// The rows of one optimizer step: of the training examples, and of the data sets that mixes name.
struct StepRows {
  std::vector<int64_t> fresh;
  std::vector<MixedRows> mixed;
};

// What one optimizer step leaves behind. The tensors are scalars on the device: reading them waits for it.
struct StepResult {
  int64_t step = 0;  // steps done, this one included
  StepRows rows;
  int64_t examples = 0;
  int64_t mixed_examples = 0;                   // of other data sets, not counted in `examples`
  at::Tensor loss;                              // mean over the step's new examples, fp32; terms and penalties left out
  std::map<std::string, at::Tensor> terms;      // each loss term's weighted mean, "distillation.kl"
  std::map<std::string, at::Tensor> penalties;  // each penalty's value, weight included, before the update
  at::Tensor gradient_norm;                     // before clipping; not finite: the update was skipped
  std::optional<SpikeVerdict> verdict;          // under train.spikes: the update of a spike was skipped
  std::vector<double> learning_rates;           // of each parameter group, as used
};

// Why the numbers of a step are not finite, as far as running it again shows.
struct StepCause {
  std::vector<std::string> weights;    // that hold values that are not finite; then nothing else was looked for
  std::string layer;                   // the first of the forward pass whose output is not finite; empty: every one is
  StepRows rows;                       // for which it is not; empty where `layer` is
  std::vector<std::string> gradients;  // of parameters, in the order of the backward pass, after a finite forward pass
  std::string largest;                 // where all of those are finite: the parameter with the largest gradient
  double largest_norm = 0;             // and its norm, fp64: of so large ones the fp32 norm overflows
};

class Trainer {
 public:
  // Everything is borrowed and outlives the trainer. `examples` all belong to `task` and carry labels. The strategies
  // have been applied to the model. `mixed` holds every data set that a mix claim names. Throws RecipeError when
  // nothing would train.
  Trainer(model::Model& model, strategy::Strategies& strategies, const strategy::Resolution& resolution,
          const data::Examples& examples, const recipe::Train& settings, const MixedData& mixed = {});

  bool finished() const { return done_ >= count_.total; }
  int64_t done() const { return done_; }
  const StepCount& count() const { return count_; }
  // Fractional epochs done.
  double epoch() const { return static_cast<double>(done_) / static_cast<double>(count_.per_epoch); }
  // What schedule callbacks see before the next step.
  recipe::ScheduleInput schedule_input() const;
  strategy::Strategies::Where where() const { return {.step = done_, .steps = count_.total, .epoch = epoch()}; }

  // The number that weighs a loss term or penalty of StepResult: "distillation.weight" of "distillation.kl"; "" of
  // another name.
  std::string weight_of(const std::string& name) const;

  // Runs the next optimizer step at train.learning_rate x schedule.rate_factor. Throws interrupt::Interrupted between
  // micro-batches when a signal has arrived. Whatever is thrown, while whole() everything is as it was before the step,
  // and it can be run again.
  StepResult step(const recipe::ScheduleResult& schedule);
  // False: an update failed half-way.
  bool whole() const { return whole_; }
  // The step done last, whose update was skipped, is as if it had not been; what strategies made of it stays.
  void take_back(const StepResult& skipped);

  // Runs a step's rows again, forward and if need be backward, and names what is not finite. The random stream of
  // dropout and the gradients are then no longer those of the run. Exact for the step done last; weights may have moved
  // since an earlier one.
  StepCause cause_of(const StepResult& step, const recipe::ScheduleResult& schedule);

  // Everything that the next step depends on, beside the weights and the number of steps done (which rows come, new and
  // mixed, follows from that): optimizer moments, the dropout generator and the window of spikes. Live
  // tensors under unique names; restore() takes them back together with the number of steps done.
  std::vector<model::NamedTensor> state() const;
  void restore(const std::vector<model::NamedTensor>& state, int64_t done);

 private:
  void choose_groups();
  StepRows next_rows();
  // Forward and backward of every micro-batch.
  StepResult accumulate(const StepRows& rows, const recipe::ScheduleResult& schedule);
  // Everything until the update, and the update.
  StepResult gradients(const recipe::ScheduleResult& schedule);
  void update(const recipe::ScheduleResult& schedule, StepResult& result);
  // To before the step's first micro-batch.
  void rewind();
  // Tensors that train in this step.
  std::vector<model::NamedTensor> trainable() const;

  model::Model& model_;
  strategy::Strategies& strategies_;
  const strategy::Resolution& resolution_;
  const data::Examples& examples_;
  const recipe::Train& settings_;
  StepCount count_;
  Mixing mixing_;
  AdamW optimizer_;
  at::Generator dropout_;
  at::Tensor dropout_before_;             // the generator's state when the last step began
  std::optional<SpikeWatch> spikes_;      // under train.spikes
  std::vector<model::NamedTensor> live_;  // every tensor of the resolution
  std::vector<ParameterGroup> groups_;    // of the coming step
  std::vector<int64_t> order_;            // of the current epoch
  int64_t order_epoch_ = -1;
  int64_t done_ = 0;
  bool whole_ = true;
};

}  // namespace engram::train

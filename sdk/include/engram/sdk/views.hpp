// What a strategy is given in each phase of a run. The host implements these; a view is valid during the call only.
//
// Shape letters: T tokens of the batch, B sequences, H hidden size, C classes.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <engram/sdk/claims.hpp>
#include <engram/sdk/export.hpp>
#include <engram/sdk/model_view.hpp>

namespace engram::sdk {

// What a pass with SquaredGradients did.
struct ENGRAM_SDK_EXPORT PassFacts {
  int64_t samples = 0;
  LabelMode labels = LabelMode::exact;  // never automatic
  bool from_cache = false;
};

// Fresh runs only, after allocation: fill the claimed tensors here.
class ENGRAM_SDK_EXPORT InitView {
 public:
  virtual ~InitView();
  virtual const ModelView& model() const = 0;
  // A tensor claimed by this strategy, on the CPU; write into it in place.
  virtual at::Tensor tensor(const std::string& name) const = 0;
  // The model's own parameter, read only.
  virtual at::Tensor parameter(const std::string& name) const = 0;
  // The only source of randomness: a CPU generator seeded for this strategy from the recipe's seed.
  virtual at::Generator generator() const = 0;
  // What a pass claimed for before training found: squared gradients of one parameter (its shape, fp32, CPU).
  virtual at::Tensor squares(const std::string& pass, const std::string& parameter) const = 0;
  virtual PassFacts pass(const std::string& pass) const = 0;
  // Token ids of a text under the model's tokenizer, special tokens included.
  virtual std::vector<int64_t> tokenize(const std::string& text) const = 0;
  // The tensor that an earlier run of this strategy carried along under that name; undefined: there is none.
  virtual at::Tensor carried(const std::string& name) const = 0;
  // A line for people and for events.jsonl about what was found: "importance: mean 3.1e-6, ...".
  virtual void report(const std::string& line) = 0;
};

// Where the run is. Callable at any time of a step; reading tensors' values would synchronise the device.
class ENGRAM_SDK_EXPORT StepView {
 public:
  virtual ~StepView();
  virtual int64_t step() const = 0;                                 // optimizer steps done
  virtual int64_t steps() const = 0;                                // optimizer steps in all
  virtual double epoch() const = 0;                                 // fractional epochs done
  virtual at::Tensor tensor(const std::string& name) const = 0;     // claimed by this strategy
  virtual at::Tensor parameter(const std::string& name) const = 0;  // of the model, read only
  virtual at::Tensor start(const std::string& name) const = 0;      // a parameter before the first step; see Snapshot
  // In end() only: squared gradients of a pass claimed for after training (fp32, CPU).
  virtual at::Tensor squares(const std::string& pass, const std::string& parameter) const = 0;
};

// The gradients of one optimizer step, after unscaling, before penalties and clipping; read only.
class ENGRAM_SDK_EXPORT GradView {
 public:
  virtual ~GradView();
  virtual std::vector<std::string> names() const = 0;              // tensors that train in this step
  virtual at::Tensor gradient(const std::string& name) const = 0;  // undefined when none arrived
};

// The gradients of one optimizer step after the penalties, to be changed in place. Shapes and devices stay.
class ENGRAM_SDK_EXPORT GradEdit : public GradView {
 public:
  ~GradEdit() override;
  virtual const StepView& where() const = 0;
};

// One micro-batch's new examples, for a LossTerm. Only what the claim named may be read.
//
// The untouched model has no prompt. Beside one, tap() has more rows than start_tap(): those of a sequence that both
// have, its text, are the last start_offsets()[b + 1] - start_offsets()[b] of its rows in tap().
class ENGRAM_SDK_EXPORT LossView {
 public:
  virtual ~LossView();
  virtual at::Tensor logits(const std::string& task) const = 0;        // (B, C), differentiable
  virtual at::Tensor start_logits(const std::string& task) const = 0;  // (B, C), of the untouched model, no dropout
  virtual at::Tensor tap(const std::string& name) const = 0;           // (T, H), differentiable
  virtual at::Tensor start_tap(const std::string& name) const = 0;     // (T', H), of the untouched model
  virtual at::Tensor labels() const = 0;                               // (B), int64
  virtual const std::vector<int64_t>& offsets() const = 0;             // B + 1 borders of the sequences among T
  virtual const std::vector<int64_t>& start_offsets() const = 0;       // and among T'
  virtual const std::vector<int64_t>& examples() const = 0;            // B ids, the same in every epoch
  virtual at::Tensor tensor(const std::string& name) const = 0;        // claimed by this strategy
};

// One batch of a forward pass.
class ENGRAM_SDK_EXPORT ForwardView {
 public:
  virtual ~ForwardView();
  virtual at::Tensor logits() const = 0;                            // (B, C) of the data set's own task
  virtual at::Tensor tap(const std::string& name) const = 0;        // (T, H)
  virtual at::Tensor input(const std::string& site) const = 0;      // (T, in) of a linear site
  virtual const std::vector<int64_t>& offsets() const = 0;          // B + 1 borders of the sequences among T
  virtual const std::vector<int64_t>& labels() const = 0;           // B label ids; -1: none
  virtual at::Tensor parameter(const std::string& name) const = 0;  // of the model, read only
};

// After training. Weights given to candidate() are the model's own parameters by name; what is left out stays.
class ENGRAM_SDK_EXPORT FinishView {
 public:
  virtual ~FinishView();
  virtual const ModelView& model() const = 0;
  virtual std::vector<std::string> trained() const = 0;             // parameters that trained; heads left out
  virtual at::Tensor start(const std::string& name) const = 0;      // before the first step
  virtual at::Tensor parameter(const std::string& name) const = 0;  // after the last
  struct Scored {
    double score = 0;                       // the recipe's score
    std::map<std::string, double> metrics;  // "original.accuracy" -> 0.9
  };
  // Scores every evaluation set with these weights and records it under the label; the weights are restored bit for
  // bit. A candidate that scores better than every checkpoint and candidate before it, and that the stop rule would not
  // roll back, becomes the run's result.
  virtual Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) = 0;
};

// State beside the claimed tensors, saved with every checkpoint.
class ENGRAM_SDK_EXPORT StateWriter {
 public:
  virtual ~StateWriter();
  virtual void number(const std::string& name, double value) = 0;
  virtual void text(const std::string& name, const std::string& value) = 0;
  virtual void tensor(const std::string& name, const at::Tensor& value) = 0;
};

class ENGRAM_SDK_EXPORT StateReader {
 public:
  virtual ~StateReader();
  // Each throws sdk::Error when the name was not saved.
  virtual double number(const std::string& name) const = 0;
  virtual std::string text(const std::string& name) const = 0;
  virtual at::Tensor tensor(const std::string& name) const = 0;
};

}  // namespace engram::sdk

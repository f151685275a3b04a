// The interface that every strategy implements, and what it is given in each phase.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <engram/sdk/export.hpp>
#include <engram/sdk/model_view.hpp>
#include <engram/sdk/plan.hpp>
#include <engram/sdk/settings.hpp>

namespace engram::sdk {

// Fresh runs only, after allocation: fill the claimed tensors here.
class ENGRAM_SDK_EXPORT InitView {
 public:
  virtual ~InitView();
  virtual const ModelView& model() const = 0;
  // A tensor claimed by this strategy, on the CPU or the device; write into it in place.
  virtual at::Tensor tensor(const std::string& name) const = 0;
  // The model's own parameter, read only.
  virtual at::Tensor parameter(const std::string& name) const = 0;
  // The only source of randomness: a CPU generator seeded for this strategy from the recipe's seed.
  virtual at::Generator generator() const = 0;
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
};

// The gradients of one optimizer step, after unscaling, before penalties and clipping; read only.
class ENGRAM_SDK_EXPORT GradView {
 public:
  virtual ~GradView();
  virtual std::vector<std::string> names() const = 0;              // tensors that train in this step
  virtual at::Tensor gradient(const std::string& name) const = 0;  // undefined when none arrived
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

// One strategy of one run. The host calls the methods in the order in which they stand here, from one thread.
// Construction gets the checked settings and may throw sdk::Error on a combination that makes no sense.
class ENGRAM_SDK_EXPORT Strategy {
 public:
  virtual ~Strategy();
  // Proposes claims. Pure: the same view gives the same claims, and nothing is allocated or kept.
  virtual void plan(const ModelView& model, Plan& plan) = 0;
  virtual void initialise(InitView& init);
  virtual void begin(const StepView& step);
  // May not synchronise the device.
  virtual void on_gradients(const StepView& step, const GradView& gradients);
  virtual void on_update(const StepView& step);
  // Also called when a run stops early.
  virtual void end(const StepView& step);
  virtual void save(StateWriter& writer) const;
  virtual void load(const StateReader& reader);
};

}  // namespace engram::sdk

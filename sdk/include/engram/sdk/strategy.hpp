// The interface that every strategy implements.
#pragma once

#include <engram/sdk/export.hpp>
#include <engram/sdk/model_view.hpp>
#include <engram/sdk/plan.hpp>
#include <engram/sdk/settings.hpp>
#include <engram/sdk/views.hpp>

namespace engram::sdk {

// One strategy of one run. The host calls the methods in the order in which they stand here, from one thread.
// Construction gets the checked settings and may throw sdk::Error on a combination that makes no sense.
//
// Order inside one optimizer step: micro-batches forward and backward, with loss terms -> on_gradients (read only) ->
// penalties -> projection -> clipping -> optimizer step -> on_update.
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
  // Once training is over, also when a rule ended it early; not when a run is interrupted, since it goes on later.
  virtual void end(const StepView& step);
  virtual void save(StateWriter& writer) const;
  virtual void load(const StateReader& reader);
};

}  // namespace engram::sdk

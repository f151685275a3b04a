// What is said of a step whose numbers are not finite.
#pragma once

#include <string>

#include "base/errors.hpp"
#include "run/row_places.hpp"
#include "run/step_log.hpp"

namespace engram::run {

// "the loss of step 13 is not finite, nor is l2_sp.pull; ..."; what usually helps as the fix. `rows`: the step's;
// `faulty`: those that the cause names.
Fault not_finite_fault(const ReadStep& read, const train::Trainer& trainer, const train::StepCause& cause,
                       const std::vector<PlacedRows>& rows, const std::vector<PlacedRows>& faulty);

// The fields of the event "not_finite".
Json not_finite_fields(const ReadStep& read, const train::StepCause& cause, const std::vector<PlacedRows>& rows,
                       const std::vector<PlacedRows>& faulty);

// What makes a step a spike, and against which threshold.
struct SpikeMeasure {
  std::string name;  // "gradient norm", "loss"
  double value = 0;
  double limit = 0;  // infinite: the window is not full
};
SpikeMeasure spike_measure(const ReadStep& read);
// "the gradient norm of step 13 is 123, above 10 times the mean of the last 50 steps (4.56)"
std::string spike_text(const ReadStep& read, const recipe::Spikes& policy);

}  // namespace engram::run

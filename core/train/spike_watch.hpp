// What counts as a spike, measured on the device: nothing here makes the host wait.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/named_tensor.hpp"
#include "recipe/recipe.hpp"

namespace engram::train {

// What a step was measured by; scalars (fp32) on the device.
struct SpikeVerdict {
  at::Tensor is_spike;    // 1 or 0
  at::Tensor norm_limit;  // so many times the mean of the window; infinite until that is full
  at::Tensor loss_limit;
};

// A step is a spike where its loss or its gradient norm is above `factor` times the mean of the last `window` steps
// that were none, or is not finite.
class SpikeWatch {
 public:
  SpikeWatch(const recipe::Spikes& policy, at::Device device);

  // Scalars (fp32) on the device. A step that is no spike takes the place of the oldest in the window.
  SpikeVerdict judge(const at::Tensor& loss, const at::Tensor& gradient_norm);

  // The window, as live tensors; restore() takes them back.
  std::vector<model::NamedTensor> state() const;
  void restore(const std::vector<model::NamedTensor>& state);

 private:
  double factor_;
  int64_t window_;
  at::Tensor seen_2W;    // losses and gradient norms; infinite where nothing has been seen
  at::Tensor position_;  // int64, of the oldest
  at::Tensor places_W;   // 0 .. W - 1
};

}  // namespace engram::train

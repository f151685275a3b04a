// Gradient norm and clipping without waiting for the device.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace engram::train {

// Scales the gradients in place by min(1, limit / (norm + 1e-6)), norm being their global L2 norm, as
// torch.nn.utils.clip_grad_norm_ does; limit 0 leaves them alone. Returns the norm before clipping, a scalar (fp32) on
// the gradients' device. `gradients` is not empty.
at::Tensor clip_gradients(const std::vector<at::Tensor>& gradients, double limit);

}  // namespace engram::train

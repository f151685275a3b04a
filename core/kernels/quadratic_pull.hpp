// The gradient and the value of a quadratic pull towards an anchor, in one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

namespace engram::kernels {

// gradient += strength * importance * (weight - anchor), in place; returns sum importance (weight - anchor)^2, a scalar
// (fp32) on the device. All tensors have one shape; an undefined importance is 1. On a CPU the sum is taken in blocks
// of fixed size and added in their order, so it does not depend on the number of threads. Records nothing for autograd.
at::Tensor quadratic_pull(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& anchor,
                          const at::Tensor& importance, double strength);

// The same in plain ATen operators: what other devices run, and what the fused kernel is tested against.
at::Tensor quadratic_pull_reference(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& anchor,
                                    const at::Tensor& importance, double strength);

}  // namespace engram::kernels

// Squares summed over the first axis.
#pragma once

#include <ATen/core/Tensor.h>

namespace engram::kernels {

// total (W...) += sum over n of values[n]^2; values (N, W...) may be overwritten. Both fp32. In one pass on a CPU.
void add_sum_of_squares(const at::Tensor& total, const at::Tensor& values);

}  // namespace engram::kernels

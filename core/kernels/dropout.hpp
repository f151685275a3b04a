// Dropout that draws from a given generator only, so that one seed fixes a run and no other consumer moves it.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <optional>

namespace engram::kernels {

// When dropout is on: the generator of the tensors' device. Empty: dropout is the identity (evaluation).
using DropoutSource = std::optional<at::Generator>;

// Zeroes each element with `probability` in [0, 1] and scales the rest by 1 / (1 - probability), as nn.Dropout does.
// Draws nothing when the probability is 0 or there is no source. Differentiable in x.
at::Tensor dropout(const at::Tensor& x, double probability, const DropoutSource& source);

}  // namespace engram::kernels

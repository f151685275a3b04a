// Activation functions.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/activation_names.hpp"

namespace engram::kernels {

at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace engram::kernels

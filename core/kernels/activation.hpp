// Activation functions by the names that config.json uses.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

namespace engram::kernels {

enum class Activation { gelu, gelu_tanh, relu, silu, tanh };

// "gelu" (erf), "gelu_new" and "gelu_pytorch_tanh" (tanh form), "relu", "silu" and "swish", "tanh"; else nothing.
std::optional<Activation> activation_of(const std::string& name);
// Every name that activation_of knows.
std::vector<std::string> activation_names();

at::Tensor activate(const at::Tensor& x, Activation activation);

}  // namespace engram::kernels

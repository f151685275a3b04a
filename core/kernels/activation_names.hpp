// Activation functions by the names that config.json uses. Knows no torch.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace engram::kernels {

enum class Activation { gelu, gelu_tanh, relu, silu, tanh };

// "gelu" (erf), "gelu_new" and "gelu_pytorch_tanh" (tanh form), "relu", "silu" and "swish", "tanh"; else nothing.
std::optional<Activation> activation_of(const std::string& name);
// Every name that activation_of knows.
std::vector<std::string> activation_names();

}  // namespace engram::kernels

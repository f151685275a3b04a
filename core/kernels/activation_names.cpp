#include "kernels/activation_names.hpp"

namespace engram::kernels {
namespace {

const std::vector<std::pair<std::string, Activation>>& known() {
  static const std::vector<std::pair<std::string, Activation>> kKnown = {
      {"gelu", Activation::gelu}, {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"relu", Activation::relu}, {"silu", Activation::silu},          {"swish", Activation::silu},
      {"tanh", Activation::tanh},
  };
  return kKnown;
}

}  // namespace

std::optional<Activation> activation_of(const std::string& name) {
  for (const auto& [spelling, activation] : known()) {
    if (spelling == name) return activation;
  }
  return std::nullopt;
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const auto& entry : known()) names.push_back(entry.first);
  return names;
}

}  // namespace engram::kernels

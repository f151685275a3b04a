// Which tensors train in a step, and with which rate and weight decay.
#pragma once

#include <string>
#include <vector>

#include "model/named_tensor.hpp"
#include "strategy/resolution.hpp"

namespace engram::train {

// Tensors that share a rate scale and a weight decay.
struct ParameterGroup {
  double rate_scale = 1;
  double weight_decay = 0;
  std::vector<model::NamedTensor> tensors;
};

// Whether AdamW's weight decay applies to a tensor of this name: transformers' rule excludes biases and the weights of
// normalisation layers, by name (hf-and-peft conventions, "decay exclusion"). `name` is the tensor's own, without the
// name of its task or strategy.
bool decays(const std::string& name);

// The groups of one optimizer step, in order of first appearance. `live` holds every tensor of the resolution by name;
// `weight_decay` is the recipe's default. Tensors that do not train at (step, epoch) are left out.
std::vector<ParameterGroup> groups_at(const strategy::Resolution& resolution,
                                      const std::vector<model::NamedTensor>& live, double weight_decay, int64_t step,
                                      double epoch);

}  // namespace engram::train

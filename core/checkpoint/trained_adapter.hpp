// What a run trained, as an adapter in PEFT's format.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/adapter.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

// Whether what a resolution trains fits PEFT's LoRA format: low-rank adapters on linear sites, one a site, all of them
// with DoRA's magnitudes or none, and beside them only heads and the biases of the adapted sites, or all biases.
// Otherwise a checkpoint is a whole model folder.
bool fits_peft(const strategy::Resolution& resolution, const sdk::ModelView& view);
// Whether it is virtual tokens and heads alone, so that PEFT's format for those holds it.
bool fits_virtual_tokens(const strategy::Resolution& resolution, const sdk::ModelView& view);

struct TrainedAdapter {
  Adapter adapter;
  // Names of those trained tensors that it does not hold as they are, because keys, values or vectors are made of them.
  std::vector<std::string> not_held;
};

// Of a resolution that fits. `claimed` are the strategies' tensors by qualified name; `task`'s head becomes the
// adapter's; `base` is written as base_model_name_or_path. Tensors are the live ones wherever the format has them.
TrainedAdapter trained_adapter(const model::Model& model, const strategy::Resolution& resolution,
                               const std::vector<model::NamedTensor>& claimed, const std::string& task,
                               const std::string& base);

}  // namespace engram::checkpoint

// Adapters in PEFT's file format: adapter_config.json and adapter_model.safetensors.
//
// Names and conventions are those of peft 0.21 (docs/model_folder.md): A is (rank, in), B is (out, rank), DoRA's
// magnitudes are (out), keys start with "base_model.model.", the trained head is in modules_to_save.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

// Whether what a resolution trains fits PEFT's LoRA format: low-rank adapters on linear sites, one a site, all of them
// with DoRA's magnitudes or none, and beside them only heads and biases. Otherwise a checkpoint is a whole model
// folder.
bool fits_peft(const strategy::Resolution& resolution, const sdk::ModelView& view);

// Writes the pair into `folder`. `claimed` are the strategies' tensors by qualified name; `task`'s head is the one that
// PEFT sees as "classifier". `base` is written as base_model_name_or_path.
void write_peft_adapter(const std::filesystem::path& folder, const model::Model& model,
                        const strategy::Resolution& resolution, const std::vector<model::NamedTensor>& claimed,
                        const std::string& task, const std::string& base);

// What an adapter adds to one projection.
struct PeftUpdate {
  std::string site;
  at::Tensor a;          // (rank, in), fp32, CPU
  at::Tensor b;          // (out, rank)
  at::Tensor magnitude;  // (out) of a DoRA adapter; else undefined
  double scale = 1;

  // For Model::attach(); the tensors are moved to `device`.
  model::BoundAdapter bound(at::Device device) const;
};

// An adapter read back: updates by site, trained biases and the head's tensors by parameter name.
struct PeftAdapter {
  std::vector<PeftUpdate> updates;
  std::vector<model::NamedTensor> parameters;  // names as in ModelView; heads under heads.<task>.*
};

// Throws DataError with everything that is missing, unexpected or misshapen at once. Heads get the name `task`.
PeftAdapter read_peft_adapter(const std::filesystem::path& folder, const sdk::ModelView& view, const std::string& task);

}  // namespace engram::checkpoint

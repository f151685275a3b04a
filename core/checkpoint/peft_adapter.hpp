// Low-rank adapters in PEFT's file format: adapter_config.json and adapter_model.safetensors.
//
// Names and conventions are those of peft 0.21 (docs/model_folder.md): A is (rank, in), B is (out, rank), keys start
// with "base_model.model.", the trained head is in modules_to_save.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

// Whether what a resolution trains fits PEFT's LoRA format: low-rank adapters on linear sites, one a site, and beside
// them only heads and biases. Otherwise a checkpoint is a whole model folder.
bool fits_peft(const strategy::Resolution& resolution, const sdk::ModelView& view);

// Writes the pair into `folder`. `claimed` are the strategies' tensors by qualified name; `task`'s head is the one that
// PEFT sees as "classifier". `base` is written as base_model_name_or_path.
void write_peft_adapter(const std::filesystem::path& folder, const model::Model& model,
                        const strategy::Resolution& resolution, const std::vector<model::NamedTensor>& claimed,
                        const std::string& task, const std::string& base);

// An adapter read back: low-rank pairs by site, trained biases and the head's tensors by parameter name.
struct PeftAdapter {
  struct Pair {
    std::string site;
    model::BoundLowRank low_rank;
  };
  std::vector<Pair> pairs;
  std::vector<model::NamedTensor> parameters;  // names as in ModelView; heads under heads.<task>.*
  std::string base;
};

// Throws DataError with everything that is missing, unexpected or misshapen at once. Heads get the name `task`.
PeftAdapter read_peft_adapter(const std::filesystem::path& folder, const sdk::ModelView& view, const std::string& task);

}  // namespace engram::checkpoint

// Prefixes and prompts in PEFT's file format: adapter_config.json and adapter_model.safetensors.
//
// The file holds one tensor `prompt_embeddings`, with a row for each virtual token: a prompt's vector, or for one layer
// after the other a prefix's key and value; and the trained head, whose keys have one "model." fewer than with LoRA.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

// Whether what a resolution trains are virtual tokens and heads alone, so that PEFT's format holds it.
bool fits_virtual_tokens(const strategy::Resolution& resolution, const sdk::ModelView& view);

// Writes the pair into `folder`; arguments as of write_peft_adapter(). Returns the names of those trained tensors that
// the file does not hold as they are, because keys, values or vectors are made from them.
std::vector<std::string> write_virtual_tokens(const std::filesystem::path& folder, const model::Model& model,
                                              const strategy::Resolution& resolution,
                                              const std::vector<model::NamedTensor>& claimed, const std::string& task,
                                              const std::string& base);

// Virtual tokens read back.
struct VirtualTokens {
  enum class Kind { prefix, prompt };
  Kind kind = Kind::prefix;
  at::Tensor rows;  // prompt_embeddings, fp32, CPU
  at::Tensor head_weight;
  at::Tensor head_bias;

  // Attaches the prefixes or the prompt; the head is the caller's.
  void attach_to(model::Model& model) const;
};

// Whether an adapter folder's peft_type is one of virtual tokens: read_virtual_tokens() is for those.
bool holds_virtual_tokens(const std::filesystem::path& folder);

// Throws DataError with everything that is missing, unexpected or misshapen at once.
VirtualTokens read_virtual_tokens(const std::filesystem::path& folder, const sdk::ModelView& view);

}  // namespace engram::checkpoint

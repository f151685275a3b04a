// An adapter of any kind in PEFT's format, read from its folder and put on a model.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/peft_virtual_tokens.hpp"
#include "model/model.hpp"
#include "model/swapped_weights.hpp"

namespace engram::checkpoint {

// Checked against the model it is for; nothing is attached yet.
struct Adapter {
  std::filesystem::path folder;
  std::string peft_type;                        // "LORA", "PREFIX_TUNING", "PROMPT_TUNING"
  std::string base;                             // base_model_name_or_path as written; may be empty
  std::vector<PeftUpdate> updates;              // of LORA
  std::optional<VirtualTokens> virtual_tokens;  // of the others
  std::vector<model::NamedTensor> parameters;   // of the trunk, that stand in place of the model's own: trained biases
  at::Tensor head_weight;                       // (C, H), fp32; undefined: it holds no head
  at::Tensor head_bias;                         // (C)

  int64_t bytes() const;  // of all its tensors
  void move_to(at::Device device);
};

// base_model_name_or_path of an adapter's config; empty when it does not say.
std::string base_named_by(const std::filesystem::path& folder);

// Throws DataError with everything that is missing, unexpected or misshapen at once.
Adapter read_adapter(const std::filesystem::path& folder, const sdk::ModelView& view);

// A model under an adapter, for the length of a scope. Afterwards everything that was attached is gone, and the model
// is bit for bit what it was, but that a task which had no head keeps the adapter's.
class Attached {
 public:
  // `adapter` is on the model's device and outlives this. `head` becomes its task's; its tensors are used as they are.
  Attached(model::Model& model, const Adapter& adapter, model::Head head);
  ~Attached();
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  model::Model& model_;
  std::optional<model::Head> head_before_;
  std::optional<model::SwappedWeights> parameters_;
};

}  // namespace engram::checkpoint

// An adapter of any kind in PEFT's file format (adapter_config.json and adapter_model.safetensors): read from its
// folder, put on a model, written again. Formats and what is accepted: docs/model_folder.md.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "model/swapped_weights.hpp"

namespace engram::checkpoint {

// What LoRA or DoRA adds to one projection.
struct PeftUpdate {
  std::string site;
  at::Tensor a;          // (rank, in), fp32, CPU
  at::Tensor b;          // (out, rank)
  at::Tensor magnitude;  // (out) of a DoRA adapter; else undefined
  double scale = 1;

  // For Model::attach(); the tensors are moved to `device`.
  model::BoundAdapter bound(at::Device device) const;
};

// A prefix or a prompt.
struct VirtualTokens {
  enum class Kind { prefix, prompt };
  Kind kind = Kind::prefix;
  // A row for each virtual token, fp32, CPU: a prompt's vector, or for one layer after the other a prefix's key and
  // value.
  at::Tensor rows;

  // Attaches the prefixes or the prompt.
  void attach_to(model::Model& model) const;
};

// The class of transformers that an adapter was trained on, whose names its files have.
enum class PeftClass {
  sequence_classification,  // BertForSequenceClassification: "bert.encoder.layer.0"
  trunk,                    // BertModel: "encoder.layer.0"
};

// Checked against the model it is for; nothing is attached yet.
struct Adapter {
  std::filesystem::path folder;
  std::string peft_type;                        // "LORA", "PREFIX_TUNING", "PROMPT_TUNING"
  std::string base;                             // a folder, or org/name[@revision]; may be empty
  std::vector<PeftUpdate> updates;              // of LORA, in the model's order of sites
  std::optional<VirtualTokens> virtual_tokens;  // of the others
  // Of the trunk, that stand in place of the model's own: trained biases, and modules that were saved whole.
  std::vector<model::NamedTensor> parameters;
  at::Tensor head_weight;  // (C, H), fp32; undefined: the adapter has no head, and is used with one of the base
  at::Tensor head_bias;    // (C); undefined like head_weight

  // How it was trained and named, which write_adapter() says again.
  double dropout = 0;
  bool rslora = false;                          // its scales are alpha / sqrt(rank)
  std::vector<std::string> saved_modules = {};  // modules_to_save but for the head
  PeftClass trained_on = PeftClass::sequence_classification;
  std::string task_type = "SEQ_CLS";  // or "FEATURE_EXTRACTION", or empty

  int64_t bytes() const;  // of all its tensors
  void move_to(at::Device device);
};

// Throws DataError with everything that is wrong with the pair at once: settings that engram does not compute, targets
// and modules that match nothing, tensors that are missing, unexpected or misshapen.
Adapter read_adapter(const std::filesystem::path& folder, const sdk::ModelView& view);

// Writes the pair into `folder`: with the keys, defaults and formatting of peft 0.21.2, targets and patterns spelled
// out site by site. Tensors may be on any device; `adapter.folder` and `adapter.peft_type` are not looked at.
void write_adapter(const std::filesystem::path& folder, const Adapter& adapter, const sdk::ModelView& view);

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

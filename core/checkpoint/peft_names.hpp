// The names that PEFT's files and engram's views share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/adapter.hpp"
#include "checkpoint/peft_words.hpp"
#include "engram/sdk/model_view.hpp"

namespace engram::checkpoint {

inline constexpr const char* kRowsKey = "prompt_embeddings";
inline constexpr const char* kMagnitudeEnding = ".lora_magnitude_vector";

// What peft writes before the module names of transformers' class: with virtual tokens one "model." fewer.
inline std::string key_prefix(std::string_view peft_type) {
  return peft_type == kLoraType ? "base_model.model." : "base_model.";
}

// The name of a site or parameter in transformers' class: the trunk has the family's prefix in a class with a head.
inline std::string peft_name(PeftClass trained_on, const sdk::ModelView& view, const std::string& name) {
  return trained_on == PeftClass::trunk ? name : view.family + "." + name;
}

// peft's key of a trained bias: inside an adapted module it is the base layer's. `name` as peft_name() gives it.
inline std::string bias_key(const std::string& name, bool adapted) {
  const std::string module = name.substr(0, name.size() - std::string_view(".bias").size());
  return key_prefix(kLoraType) + module + (adapted ? ".base_layer.bias" : ".bias");
}

inline bool is_bias(const std::string& name) { return name.ends_with(".bias"); }

// The numbers in one token's key, or value, of one layer.
inline int64_t key_width(const sdk::AttentionSite& site) { return site.key_value_heads * site.head_size; }

// Whether peft, told to save `module`, saves a parameter: the name of a module around it has that ending.
bool is_saved_with(const std::string& module, const std::string& parameter);

// Every ending by which a module can be named, and the full names: for "did you mean".
std::vector<std::string> endings_of(const std::vector<std::string>& modules);

// The shape of prompt_embeddings beside the number of tokens, and what peft's config says of the model.
struct TokenLayout {
  int64_t token_dim = 0;
  int64_t heads = 0;
  int64_t row_width = 0;
};
TokenLayout token_layout(VirtualTokens::Kind kind, const sdk::ModelView& view);

}  // namespace engram::checkpoint

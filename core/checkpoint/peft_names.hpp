// The names that PEFT's files and engram's views share.
#pragma once

#include <string>
#include <string_view>

#include "engram/sdk/model_view.hpp"

namespace engram::checkpoint {

inline constexpr const char* kAdapterConfigFile = "adapter_config.json";
inline constexpr const char* kAdapterWeightsFile = "adapter_model.safetensors";
inline constexpr const char* kAdapterKeyPrefix = "base_model.model.";
inline constexpr std::string_view kAdapterHeadPrefix = "base_model.model.classifier.";

inline constexpr const char* kMagnitudeEnding = ".lora_magnitude_vector";

// PEFT names modules as they are in transformers' class with a head: the trunk has the family's prefix there.
inline std::string peft_module(const sdk::ModelView& view, const std::string& site) { return view.family + "." + site; }

inline bool is_bias(const std::string& name) { return name.ends_with(".bias"); }

}  // namespace engram::checkpoint

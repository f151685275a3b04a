// PEFT's file names, and the types of its adapters.
#pragma once

namespace engram::checkpoint {

inline constexpr const char* kAdapterConfigFile = "adapter_config.json";
inline constexpr const char* kAdapterWeightsFile = "adapter_model.safetensors";

inline constexpr const char* kLoraType = "LORA";
inline constexpr const char* kPrefixType = "PREFIX_TUNING";
inline constexpr const char* kPromptType = "PROMPT_TUNING";

}  // namespace engram::checkpoint

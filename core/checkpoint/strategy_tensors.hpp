// strategies.safetensors: strategies' tensors beside a result, for a later run that starts from it
// (docs/model_folder.md).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/named_tensor.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

inline constexpr const char* kStrategyTensorsFile = "strategies.safetensors";

// The carried tensors among `claimed`.
std::vector<model::NamedTensor> carried_tensors(const strategy::Resolution& resolution,
                                                const std::vector<model::NamedTensor>& claimed);

// Under their qualified names; no file where there are none.
void write_strategy_tensors(const std::filesystem::path& folder, const std::vector<model::NamedTensor>& tensors);

// By qualified name; empty when the folder has no such file. Throws DataError when the file is broken.
std::map<std::string, at::Tensor> read_strategy_tensors(const std::filesystem::path& folder);

}  // namespace engram::checkpoint

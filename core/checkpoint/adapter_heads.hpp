// The heads that lie beside an adapter: those that the run kept as they were, and that stay usable with it.
#pragma once

#include <filesystem>
#include <vector>

#include "model/model.hpp"

namespace engram::checkpoint {

// heads.safetensors by heads.json (docs/model_folder.md), fp32, on `device`; empty when the folder has neither, as
// those of peft. The trained head is in the adapter. Throws DataError with everything that is missing or misshapen.
std::vector<model::Head> read_heads_beside(const std::filesystem::path& folder, const sdk::ModelView& view,
                                           at::Device device);

}  // namespace engram::checkpoint

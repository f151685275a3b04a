// Whether a snapshot has every file that engram reads of a model or an adapter.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::hub {

struct MissingFiles {
  std::vector<std::string> names;  // in the order config, weights or shards, tokenizer; empty: nothing is missing
  bool only_pickles = false;       // there are weights, in a form that is refused
};

// Of a model: config.json, model.safetensors or every shard of its index, tokenizer.json. Of an adapter (it has
// adapter_config.json and no config.json, or subfolders with adapters): adapter_model.safetensors.
// Throws DataError for an index that is no JSON.
MissingFiles missing_files(const std::filesystem::path& folder);

}  // namespace engram::hub

// What a model folder holds, by its headers alone: which tensor of which file is which parameter.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/bert_config.hpp"
#include "model/safetensors.hpp"
#include "model/weight_files.hpp"

namespace engram::model {

inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kHeadsFile = "heads.json";
inline constexpr const char* kHeadWeightsFile = "heads.safetensors";
inline constexpr const char* kTokenizerFile = "tokenizer.json";

struct StoredHead {
  std::string task;  // "" when the folder names none
  std::vector<std::string> labels;
  bool primary = false;  // among the weights as classifier.*, else in heads.safetensors
  std::string weight;    // the tensors' names in that file
  std::string bias;
};

struct FolderContents {
  std::filesystem::path folder;
  BertConfig config;
  WeightFiles weights;
  std::optional<SafetensorsFile> head_weights;
  std::map<std::string, std::string> trunk;  // parameter name -> name among the weights
  std::vector<StoredHead> heads;
};

// Reads and checks config.json, the headers and heads.json. Throws DataError with everything that is wrong at once.
FolderContents read_folder_contents(const std::filesystem::path& folder);

}  // namespace engram::model

// The tensors of a model folder, in one safetensors file or in shards, behind one interface.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/safetensors.hpp"

namespace engram::model {

inline constexpr const char* kWeightsFile = "model.safetensors";
inline constexpr const char* kWeightsIndexFile = "model.safetensors.index.json";

class WeightFiles {
 public:
  // model.safetensors where there is one, else the shards that model.safetensors.index.json names: transformers chooses
  // alike. Maps the files and checks every header. Throws DataError with every fault at once; a folder whose weights
  // are a pickle learns how to convert them.
  explicit WeightFiles(const std::filesystem::path& folder);

  // model.safetensors or the index: what a message about the weights as a whole names.
  const std::filesystem::path& place() const { return place_; }
  std::vector<std::filesystem::path> files() const;
  uint64_t bytes() const;  // of those files

  // Of all files, in the order of files() and of their data. Offsets are those within each file.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  const SafetensorsEntry* find(const std::string& name) const;  // nullptr: none of that name
  // As SafetensorsFile::tensor().
  at::Tensor tensor(const std::string& name) const;

 private:
  void open_shards(const std::filesystem::path& folder);

  std::filesystem::path place_;
  std::vector<std::pair<std::filesystem::path, SafetensorsFile>> files_;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, std::pair<size_t, size_t>> by_name_;  // place in entries_, place in files_
};

}  // namespace engram::model

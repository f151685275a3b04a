// heads.json: the names of a folder's heads (docs/model_folder.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::model {

struct HeadsFile {
  struct Entry {
    std::string task;
    std::vector<std::string> labels;
  };
  std::string primary;        // the task of classifier.* in model.safetensors; "" where there is none
  std::vector<Entry> others;  // in heads.safetensors, as heads.<task>.weight and heads.<task>.bias
};

// Throws DataError with every fault at once.
HeadsFile read_heads_file(const std::filesystem::path& file);
void write_heads_file(const std::filesystem::path& file, const HeadsFile& heads);

}  // namespace engram::model

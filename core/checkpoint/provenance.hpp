// provenance.json beside an adapter or a model that a run wrote: what it was made from (docs/model_folder.md). peft and
// transformers ignore the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace engram::checkpoint {

inline constexpr const char* kProvenanceFile = "provenance.json";

struct Provenance {
  std::string base;                 // the model that the run started from: a folder, or org/name
  std::string base_tensors;         // model::tensors_hash() of it
  std::string tokenizer;            // SHA-256 of its tokenizer.json
  std::string task;                 // that was trained
  std::vector<std::string> labels;  // of its head, in order
  bool pairs = false;               // a row is two texts
  int64_t max_length = 128;         // tokens of a sequence
  Json adapter;                     // that training went on from: folder, sha256 of its files; null: none
  Json recipe;                      // name, sha256
  Json data;                        // by set: file, sha256, rows
  Json plugins;                     // by strategy: version, sha256
  Json strategies;                  // by strategy: its options, defaults spelled out
  Json made;                        // what was done after training: merged from, scaled, forced; null: nothing
};

void write_provenance(const std::filesystem::path& folder, const Provenance& provenance);
// Empty where the folder has none (made by others). Throws DataError with every fault of the file at once.
std::optional<Provenance> read_provenance(const std::filesystem::path& folder);

}  // namespace engram::checkpoint

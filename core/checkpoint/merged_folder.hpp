// The model folder that a merge leaves, and the way back to the base.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/merge.hpp"
#include "checkpoint/provenance.hpp"
#include "model/model.hpp"

namespace engram::checkpoint {

inline constexpr const char* kOriginalsFile = "unmerged.safetensors";

// "fp32", "bf16", "fp16"; what weights are stored in.
at::ScalarType stored_dtype(const std::string& name);

struct MergedFolder {
  std::filesystem::path base;  // config.json and tokenizer come from here
  MergedParameters parameters;
  std::vector<model::Head> heads;  // the first is the one that transformers sees
  at::ScalarType stored = at::kFloat;
};

// Writes a model folder into the empty `folder`: the trunk and the first head in the dtype, other heads in fp32. Throws
// DataError, naming the tensors, where a value is too large for the dtype.
void write_merged_folder(const std::filesystem::path& folder, const MergedFolder& merged);

// Writes unmerged.safetensors into a merged folder: every trunk tensor of `base` whose dtype or bytes the folder does
// not hold, as stored; the base's heads (fp32); and, as metadata, its config.json, heads.json and provenance.json.
void write_originals(const std::filesystem::path& folder, const std::filesystem::path& base);
bool holds_originals(const std::filesystem::path& folder);

// Writes the base back into the empty `into`, from a folder that holds its originals: tensors bit for bit as stored,
// config.json and heads as they were, the tokenizer files as they are.
void write_unmerged(const std::filesystem::path& folder, const std::filesystem::path& into);

}  // namespace engram::checkpoint

// The parts of an inspection; inspect.cpp puts them together, and nobody else includes this.
#pragma once

#include <functional>

#include "run/inspect.hpp"

namespace engram::run {

// Does one part of the work. What is wrong goes to the faults, each once, and the rest goes on. `where`: the file that
// it is about, for JSON that says something else than its documentation.
void attempt(Faults& faults, const std::filesystem::path& where, const std::function<void()>& part);

// Bytes of all files of a folder.
uint64_t bytes_below(const std::filesystem::path& folder);

// A safetensors file: `file`, `bytes`, `tensors`, `parameters`, `dtypes`; with a fault instead where it is broken.
Json file_json(const std::filesystem::path& file, Faults& faults);

// Parameters of several files by dtype and by part of the model: embeddings, blocks, pooler, heads, other.
Json parameters_json(const std::vector<std::filesystem::path>& files, Faults& faults);

// provenance.json, or null.
Json provenance_json(const std::filesystem::path& folder, Faults& faults);
// What strategies left beside a checkpoint: a list of `name`, `dtype`, `shape`.
Json carried_json(const std::filesystem::path& folder, Faults& faults);
// The heads that heads.json names beside an adapter: a list of `task`, `labels`.
Json other_heads_json(const std::filesystem::path& folder, Faults& faults);

Json inspect_model(const std::filesystem::path& folder, ReadWeights weights, Faults& faults);
Json inspect_adapter(const std::filesystem::path& folder, const std::string& base, ReadWeights weights, Faults& faults);

}  // namespace engram::run

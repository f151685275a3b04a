// model.safetensors.index.json: which file of a sharded model holds which tensor. Knows no torch, so that it can be
// fuzzed on its own.
//
// Rules (transformers, save_pretrained with max_shard_size): an object with "weight_map", tensor names to file names,
// and with "metadata", whose "total_size" is the bytes of all tensors. Every name once; a shard is a plain file name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "model/safetensors_header.hpp"

namespace engram::model {

struct SafetensorsIndex {
  std::map<std::string, std::string> shard_of;  // by tensor name
  std::optional<uint64_t> total_size;           // bytes of all tensors, where the file says so

  std::vector<std::string> shards() const;  // in the order of their names, each once
};

// Throws DataError with every fault at once; `file` is what the messages name.
SafetensorsIndex parse_safetensors_index(const std::string& text, const std::string& file);

// Adds a fault for every tensor that the index puts into a shard which does not hold it, for every one of a shard that
// the index does not put there, and for another total size. `headers` are by shard; shards without one are left out.
void check_shards(const SafetensorsIndex& index, const std::map<std::string, const SafetensorsHeader*>& headers,
                  const std::string& file, Faults& faults);

}  // namespace engram::model

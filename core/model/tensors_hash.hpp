// What identifies a model: its weights, whatever files hold them, and how they are computed with.
#pragma once

#include <filesystem>
#include <string>

namespace engram::model {

// SHA-256 over the activation, the number of heads and the epsilon of the config, and the trunk's tensors in the order
// of their names in ModelView: each one's name, dtype, shape and bytes as stored. Equal for equal weights in one file
// or in shards, with or without a prefix of names; heads do not count. Reads every byte. Throws DataError as
// inspect_folder() does.
std::string tensors_hash(const std::filesystem::path& folder);

}  // namespace engram::model

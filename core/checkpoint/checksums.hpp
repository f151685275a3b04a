// SHA256SUMS of a checkpoint folder, in the format of sha256sum: an operator can run `sha256sum -c SHA256SUMS` there.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/errors.hpp"

namespace engram::checkpoint {

inline constexpr const char* kChecksumsFile = "SHA256SUMS";

// SHA-256 in hexadecimal digits, by file name.
using Checksums = std::map<std::string, std::string>;

// Throws InternalError (exit 6).
void write_checksums(const std::filesystem::path& folder, const Checksums& sums);
// Empty where the folder has none. Throws DataError when the file is damaged.
Checksums read_checksums(const std::filesystem::path& folder);

// Every file that SHA256SUMS names and that is gone, or holds other bytes. Reads all of them, once.
Faults damages(const std::filesystem::path& folder);
// Throws DataError with damages(). A folder without SHA256SUMS is taken as it is.
void verify_checksums(const std::filesystem::path& folder);

}  // namespace engram::checkpoint

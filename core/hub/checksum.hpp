// Checksums by which a hub names files.
#pragma once

#include <filesystem>
#include <string>

namespace engram::hub {

// git's name of a file's content: SHA-1 of "blob SIZE\0" and the bytes, as 40 hexadecimal digits.
std::string git_blob_hash(const std::filesystem::path& file);

// The file's checksum of the kind that `hash` is: SHA-256 for 64 digits, else git_blob_hash().
std::string checksum_like(const std::string& hash, const std::filesystem::path& file);

}  // namespace engram::hub

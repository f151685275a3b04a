// Files: whole reads, atomic writes, content hashes, memory maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace engram {

// The whole file as bytes. Throws DataError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& file);

// Writes to a temporary beside the file, flushes it to the disk and renames it into place, creating parent folders.
// Throws InternalError (exit 6) naming the file and the system's reason; the old file, if any, is then untouched.
void write_file_atomically(const std::filesystem::path& file, std::string_view bytes);
// The same for content that lies in several places, written one after the other without being joined in memory.
void write_parts_atomically(const std::filesystem::path& file, std::span<const std::string_view> parts);

// Makes renames in a folder last through a loss of power. Throws InternalError (exit 6).
void flush_folder(const std::filesystem::path& folder);

// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& file);

// The same of bytes that come in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view bytes);
  // The digits of everything added; nothing may be added after it.
  std::string digits();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A private (copy-on-write) memory map of a whole file: writes through it never reach the disk. Throws DataError.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(address_), size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  void* address_ = nullptr;
  size_t size_ = 0;
};

// Where caches live: $ENGRAM_CACHE, else $XDG_CACHE_HOME/engram, else ~/.cache/engram.
std::filesystem::path cache_folder();

}  // namespace engram

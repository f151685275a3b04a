// A file that grows at its end until it is whole, and keeps what it has when the program ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace engram::hub {

// Everything throws InternalError (exit 6) with the system's reason when the disk does not take it.
class PartialFile {
 public:
  // Takes up a file that is there.
  explicit PartialFile(std::filesystem::path path);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }
  void append(std::string_view bytes);
  // Empties it.
  void restart();
  // Takes it off the disk; nothing may follow.
  void remove();
  // Flushes it and gives it its name; nothing may follow.
  void publish(const std::filesystem::path& name);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace engram::hub

// A file that lies in memory, for readers that want a path.
#pragma once

#include <filesystem>
#include <string_view>

namespace engram::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const;

 private:
  int descriptor_;
};

// A folder of this process in memory (/dev/shm, else the folder of temporary files), empty at first and removed when
// the process ends in order.
class MemoryFolder {
 public:
  MemoryFolder();
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::filesystem::path& name, std::string_view bytes) const;
  void clear() const;

 private:
  std::filesystem::path path_;
};

}  // namespace engram::fuzz

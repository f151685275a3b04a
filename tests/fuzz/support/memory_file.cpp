#include "support/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace engram::fuzz {

namespace fs = std::filesystem;

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("input", MFD_CLOEXEC)) {
  if (descriptor_ < 0) std::abort();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written <= 0) std::abort();
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

fs::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

MemoryFolder::MemoryFolder() {
  const fs::path place = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  path_ = place / ("engram-fuzz-" + std::to_string(::getpid()));
  fs::remove_all(path_);
  fs::create_directories(path_);
}

MemoryFolder::~MemoryFolder() {
  std::error_code left;
  fs::remove_all(path_, left);
}

fs::path MemoryFolder::write(const fs::path& name, std::string_view bytes) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file;
}

void MemoryFolder::clear() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
}

}  // namespace engram::fuzz

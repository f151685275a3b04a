// A file that one process at a time holds (flock). The system lets go of it when the process ends, in whatever way.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/disk.hpp"

namespace engram {

class FileLock {
 public:
  // Waits until nobody else holds it; `waits` is called once when somebody does. Makes file and folders. Throws
  // InternalError (exit 6) with `instead` as the way out, interrupt::Interrupted.
  static FileLock wait(const std::filesystem::path& file, std::string_view instead, const std::function<void()>& waits);
  // Takes it at once and writes into it who holds it; nothing when another process does. Makes the file, not its
  // folder. On a file system that knows no locks it is held by all, and the log has a warning. Throws InternalError.
  static std::optional<FileLock> take(const std::filesystem::path& file,
                                      std::string_view instead = disk::kAnotherFolder);
  // Whether some process holds it now; false where there is no such file.
  static bool held(const std::filesystem::path& file);
  // "process 4711 on HOST" that took it last, or "another process" where the file does not say.
  static std::string holder(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  // Whether the file that is held still lies at its path.
  bool in_place() const;
  // Its folder has got another name.
  void moved_to(std::filesystem::path file) { file_ = std::move(file); }

 private:
  FileLock(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace engram

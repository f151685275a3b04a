// A folder in the making, beside the place that it will have: TARGET.new-PID, locked while its maker lives.
#pragma once

#include <filesystem>
#include <optional>

#include "base/file_lock.hpp"

namespace engram::checkpoint {

inline constexpr const char* kLockFile = ".lock";
inline constexpr const char* kFreshMark = ".new-";  // then the process that makes it

// The path with a name at its end, also of "models/new/" or ".".
std::filesystem::path with_name(const std::filesystem::path& folder);

class FreshFolder {
 public:
  // Clears away what processes that are dead have left of the same target, and makes folder and lock. Throws
  // InternalError (exit 6).
  explicit FreshFolder(const std::filesystem::path& target);
  // Removes what is still at path().
  ~FreshFolder();
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Hands the lock on to who renames the folder.
  FileLock take_lock();
  // Takes the lock's file out of what will be somebody else's folder.
  void remove_lock_file() const;

 private:
  std::filesystem::path path_;
  std::optional<FileLock> lock_;
};

// Removes TARGET.new-PID of processes that no longer live.
void remove_abandoned(const std::filesystem::path& target);

}  // namespace engram::checkpoint

// A folder that this process alone writes: of a run, a grid or a chain. Others may read it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.hpp"

namespace engram::checkpoint {

class OwnFolder {
 public:
  // Writes the first files into the folder that it is given.
  using Fill = std::function<void(const std::filesystem::path&)>;

  // Makes `wanted`, or, when that is empty, the next free runs/NAME-NNN under the current folder. It appears with what
  // `fill` writes, or not at all. Throws DataError when `wanted` exists and is not empty, InternalError (exit 6).
  static OwnFolder make(const std::filesystem::path& wanted, const std::string& name, const Fill& fill);
  // Goes on writing one that is there, and clears away the files that a killed process did not finish. Throws DataError
  // naming the process that writes it now.
  static OwnFolder take(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  // Throws InternalError (exit 6) when the folder was removed, moved or unmounted since.
  void require_present() const;
  // Removes these files and the lock and then, once it is empty, the folder. What cannot be removed stays.
  void discard(const std::vector<std::string>& files) const;

 private:
  OwnFolder(std::filesystem::path path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  static std::optional<OwnFolder> try_make(const std::filesystem::path& folder, const Fill& fill);
  static OwnFolder fill_in_place(const std::filesystem::path& folder, const Fill& fill);

  std::filesystem::path path_;
  FileLock lock_;
};

}  // namespace engram::checkpoint

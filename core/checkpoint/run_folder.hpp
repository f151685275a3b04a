// The folder of one run: runs/<recipe>-NNN, made once and never overwritten. Names: docs/run_folder.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "checkpoint/own_folder.hpp"

namespace engram::checkpoint {

class RunFolder {
 public:
  // Makes `wanted`, or the next free runs/<recipe>-NNN, whole with what `fill` writes, and keeps others from writing
  // into it for as long as a copy of this lives. Throws as OwnFolder::make().
  static RunFolder create(const std::filesystem::path& wanted, const std::string& recipe_name,
                          const OwnFolder::Fill& fill);
  // Opens an existing one to read; another process may be writing it. Throws DataError naming what is missing.
  static RunFolder open(const std::filesystem::path& folder);
  // Opens an existing one to go on writing. Throws as open() and OwnFolder::take().
  static RunFolder go_on(const std::filesystem::path& folder);

  // Takes the folder away again when a run is refused before its first step: its records and, once empty, the folder.
  void discard() const;

  // Throws InternalError (exit 6) when the folder was removed while the run went on.
  void require_present() const { own_->require_present(); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe_copy() const { return path_ / "recipe.lua"; }
  std::filesystem::path plan() const { return path_ / "plan.txt"; }
  std::filesystem::path manifest() const { return path_ / "manifest.json"; }
  std::filesystem::path result() const { return path_ / "result.json"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path best() const { return checkpoints() / "best"; }
  std::filesystem::path merged() const { return checkpoints() / "merged"; }

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  explicit RunFolder(OwnFolder own) : path_(own.path()), own_(std::make_shared<OwnFolder>(std::move(own))) {}

  std::filesystem::path path_;
  std::shared_ptr<const OwnFolder> own_;  // null: open to read
};

}  // namespace engram::checkpoint

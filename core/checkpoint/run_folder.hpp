// The folder of one run: runs/<recipe>-NNN, made once and never overwritten. Names: docs/run_folder.md.
#pragma once

#include <filesystem>
#include <string>

namespace engram::checkpoint {

class RunFolder {
 public:
  // Makes `wanted`, or, when that is empty, the next free runs/<recipe>-NNN under the current folder.
  // Throws DataError when `wanted` exists and is not empty: a run never overwrites another.
  static RunFolder create(const std::filesystem::path& wanted, const std::string& recipe_name);
  // Opens an existing one. Throws DataError naming what is missing.
  static RunFolder open(const std::filesystem::path& folder);

  // Takes the folder away again when a run is refused before its first step: its records and, once empty, the folder.
  void discard() const { discard(path_); }
  // The same for a folder that was left before its run had a manifest.
  static void discard(const std::filesystem::path& folder);

  // Throws InternalError (exit 6) when the folder was removed while the run went on.
  void require_present() const;

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
  std::filesystem::path path_;
};

}  // namespace engram::checkpoint

// Replaces a folder as a whole: the old one stays until the new one is complete.
#pragma once

#include <filesystem>

namespace engram::checkpoint {

class FolderSwap {
 public:
  // Makes an empty folder beside `target` to write into. Throws InternalError (exit 6) when it cannot.
  explicit FolderSwap(std::filesystem::path target);
  // Removes what was not committed.
  ~FolderSwap();
  FolderSwap(const FolderSwap&) = delete;
  FolderSwap& operator=(const FolderSwap&) = delete;

  const std::filesystem::path& fresh() const { return fresh_; }
  // Puts the new folder in the target's place and removes the old one.
  void commit() const;

 private:
  std::filesystem::path target_;
  std::filesystem::path fresh_;
};

}  // namespace engram::checkpoint

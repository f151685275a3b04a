// Replaces a checkpoint folder as a whole: the old one stays until the new one is complete.
#pragma once

#include <filesystem>

#include "base/written_digests.hpp"
#include "checkpoint/fresh_folder.hpp"

namespace engram::checkpoint {

// At the end of a fresh folder's name: what it takes the place of, where a file system cannot exchange the two.
inline constexpr const char* kAsideMark = "-before";

class FolderSwap {
 public:
  // Makes an empty folder beside `target` to write into. Throws InternalError (exit 6) when it cannot.
  explicit FolderSwap(const std::filesystem::path& target);

  const std::filesystem::path& fresh() const { return fresh_.path(); }
  // Shares the files of the old folder with the new one, by hard links where the file system has them; all but `other`,
  // which is to be written anew.
  void keep_all_but(const std::string& other) const;
  // Writes SHA256SUMS over everything that was written (beside what a copied SHA256SUMS names), puts the new folder in
  // the target's place and removes the old one. What was not committed is removed in the end.
  void commit() const;

 private:
  std::filesystem::path target_;
  FreshFolder fresh_;
  WrittenDigests digests_;
};

}  // namespace engram::checkpoint

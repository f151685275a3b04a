// The digests of files while they are written, so that checksums need no reading back.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace engram {

// While it lives, write_file_atomically() and write_parts_atomically() of this thread hash what they write straight
// into `folder`. Several may live at once for several folders; they end in reverse order.
class WrittenDigests {
 public:
  explicit WrittenDigests(std::filesystem::path folder);
  ~WrittenDigests();
  WrittenDigests(const WrittenDigests&) = delete;
  WrittenDigests& operator=(const WrittenDigests&) = delete;

  // SHA-256 by file name, of what was written last under that name.
  const std::map<std::string, std::string>& by_name() const { return digests_; }

  // The one that wants this file's digest, or null.
  static WrittenDigests* wanting(const std::filesystem::path& file);
  void add(const std::filesystem::path& file, std::string digest) { digests_[file.filename()] = std::move(digest); }

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::string> digests_;
  WrittenDigests* before_;
};

}  // namespace engram

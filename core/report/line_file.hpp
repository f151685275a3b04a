// A file that grows by whole lines.
#pragma once

#include <filesystem>
#include <string_view>

namespace engram::report {

class LineFile {
 public:
  // Opens for appending; creates the file and its folders. Throws InternalError (exit 6), as append() does.
  explicit LineFile(const std::filesystem::path& file);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Writes `line` and a newline in one call to the system.
  void append(std::string_view line);
  // Whether nothing has been written yet, by this or an earlier process.
  bool empty() const;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace engram::report

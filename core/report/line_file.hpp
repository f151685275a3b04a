// A file that grows by whole lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace engram::report {

class LineFile {
 public:
  // Opens for appending; creates the file and its folders. Throws InternalError (exit 6), as all members do.
  explicit LineFile(const std::filesystem::path& file);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Writes `line` and a newline in one call to the system.
  void append(std::string_view line);
  // Bytes written, by this and earlier processes.
  int64_t size() const;
  // Makes what was written last through a loss of power.
  void flush() const;
  // Cuts off everything beyond so many bytes. The file has at least as many.
  void truncate(int64_t bytes) const;

  const std::filesystem::path& path() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace engram::report

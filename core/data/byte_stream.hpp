// The bytes of a file or of standard input as they come, for readers that keep no more than they need.
#pragma once

#include <cstdint>
#include <string>

namespace engram::data {

class ByteStream {
 public:
  // "-": standard input. Throws DataError naming the file and the system's reason.
  explicit ByteStream(const std::string& file);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  const std::string& name() const { return name_; }  // the file, or "standard input"
  // Whether the end may be far away: a pipe or a terminal.
  bool live() const { return live_; }
  bool at_end() const { return at_end_; }
  // Whether read() would return at once.
  bool ready() const;
  // Adds up to `most` bytes behind `buffer`, and waits for the first of them. Fewer
  // than there are may come, or none when a signal arrives. Throws DataError, and Interrupted.
  void read(std::string& buffer, size_t most);

 private:
  std::string name_;
  int file_ = -1;
  bool live_ = false;
  bool at_end_ = false;
};

}  // namespace engram::data

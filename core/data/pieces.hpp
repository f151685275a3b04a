// A stream of text cut into pieces that hold whole records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/byte_stream.hpp"
#include "data/records.hpp"

namespace engram::data {

struct Piece {
  std::string bytes;   // empty: the end
  int64_t before = 0;  // lines of the stream before it
};

class Pieces {
 public:
  // `separators`: records are those of separated values, which may hold line breaks; else they are lines. Throws
  // DataError as ByteStream does.
  Pieces(const std::string& file, std::optional<Separators> separators);

  const std::string& name() const { return stream_.name(); }
  bool live() const { return stream_.live(); }

  // The next records, at most `most`: it waits for one, and takes further ones that are there already. Lines much
  // longer than kLongest are cut there; such a record of separated values is a DataError, and then the stream has
  // ended.
  Piece next(size_t most);

  // Lines of the stream that have been passed.
  int64_t lines() const { return line_ + (open_end_ ? 1 : 0); }

  static constexpr size_t kLongest = 16 << 20;  // bytes

 private:
  Records scan(size_t most) const;
  size_t complete(const Records& records) const;
  Piece cut(size_t end);
  Piece cut_long_record(const Records& records);
  void skip_line();

  ByteStream stream_;
  std::optional<Separators> separators_;
  std::string buffer_;     // read, and not yet given out
  int64_t line_ = 0;       // lines before the buffer
  bool open_end_ = false;  // the last of them has no line feed
  bool broken_ = false;
};

// Ends of lines: LF, and for separated values CR and CRLF too.
int64_t count_line_ends(std::string_view bytes, bool carriage_returns);

}  // namespace engram::data

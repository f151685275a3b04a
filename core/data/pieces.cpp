#include "data/pieces.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::data {
namespace {

constexpr size_t kRead = 1 << 18;    // bytes at a time
constexpr size_t kEnough = 4 << 20;  // bytes that are not made more once a record is among them

}  // namespace

int64_t count_line_ends(std::string_view bytes, bool carriage_returns) {
  int64_t count = std::count(bytes.begin(), bytes.end(), '\n');
  if (!carriage_returns) return count;
  for (size_t at = bytes.find('\r'); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (bytes.substr(at, 2) != "\r\n") ++count;
  }
  return count;
}

Pieces::Pieces(const std::string& file, std::optional<Separators> separators)
    : stream_(file), separators_(separators) {}

Piece Pieces::next(size_t most) {
  while (!broken_) {
    const Records records = scan(most);
    if (records.list.empty() && buffer_.ends_with('\n')) cut(buffer_.size());
    const size_t whole = complete(records);
    const bool enough = whole == most || (whole > 0 && (buffer_.size() >= kEnough || !stream_.ready()));
    if (enough || (whole > 0 && stream_.at_end())) return cut(records.list[whole - 1].end);
    if (stream_.at_end()) {
      cut(buffer_.size());  // white space
      return {};
    }
    if (whole == 0 && buffer_.size() > kLongest) return cut_long_record(records);
    stream_.read(buffer_, std::clamp(buffer_.size(), kRead, kEnough));
  }
  return {};
}

Records Pieces::scan(size_t most) const {
  const auto limit = static_cast<int64_t>(most);
  return separators_ ? scan_records(buffer_, *separators_, limit) : scan_lines(buffer_, limit);
}

// All but the last one have been seen to their end; that one may go on where it does not end in a line feed.
size_t Pieces::complete(const Records& records) const {
  const size_t found = records.list.size();
  if (found == 0 || stream_.at_end()) return found;
  const bool ended = buffer_[records.list.back().end - 1] == '\n' && !records.unclosed_quote;
  return ended ? found : found - 1;
}

Piece Pieces::cut(size_t end) {
  Piece piece{.bytes = buffer_.substr(0, end), .before = line_};
  buffer_.erase(0, end);
  line_ += count_line_ends(piece.bytes, separators_.has_value());
  open_end_ = open_end_ || (!piece.bytes.empty() && !piece.bytes.ends_with('\n'));
  return piece;
}

Piece Pieces::cut_long_record(const Records& records) {
  if (!separators_) {
    size_t end = kLongest;
    while ((static_cast<unsigned char>(buffer_[end]) & 0xC0U) == 0x80U) --end;  // not within a character
    Piece piece{.bytes = buffer_.substr(0, end), .before = line_};
    skip_line();
    return piece;
  }
  broken_ = true;
  const bool quoted = records.unclosed_quote.has_value();
  const int64_t line = line_ + (quoted ? *records.unclosed_quote : 1);
  const std::string longest = text::bytes(kLongest);
  throw DataError({.what = quoted ? "a quoted value opens here and is not closed within " + longest
                                  : "a row is longer than " + longest,
                   .where = name() + ":" + std::to_string(line),
                   .fix = quoted ? "close it, or name the format tsv, where quotes mean nothing"
                                 : "check the delimiter and the ends of lines"});
}

// Drops the buffer and what follows it up to the end of the line.
void Pieces::skip_line() {
  size_t feed = buffer_.find('\n');
  while (feed == std::string::npos && !stream_.at_end()) {
    buffer_.clear();
    stream_.read(buffer_, kRead);
    feed = buffer_.find('\n');
  }
  buffer_.erase(0, feed == std::string::npos ? buffer_.size() : feed + 1);
  ++line_;
}

}  // namespace engram::data

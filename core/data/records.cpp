#include "data/records.hpp"

#include "base/interrupt.hpp"

namespace engram::data {
namespace {

// Steps over one line end (LF, CRLF or CR) that starts at `at`.
size_t after_line_end(std::string_view bytes, size_t at) { return bytes.substr(at, 2) == "\r\n" ? at + 2 : at + 1; }

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Reads one file of separated values record by record.
class Scanner {
 public:
  Scanner(std::string_view bytes, const Separators& separators) : bytes_(bytes), separators_(separators) {}

  bool at_end() const { return at_ >= bytes_.size(); }
  std::optional<int64_t> unclosed_quote() const { return unclosed_quote_; }

  void skip_empty_lines() {
    while (!at_end() && is_line_end(bytes_[at_])) end_line();
  }

  Record next() {
    Record record{.begin = at_, .line = line_, .fields = 1};
    skip_quoted();
    while (!at_end() && !is_line_end(bytes_[at_])) {
      const bool border = bytes_[at_++] == separators_.delimiter;
      if (!border) continue;
      ++record.fields;
      skip_quoted();
    }
    if (!at_end()) end_line();
    record.end = at_;
    return record;
  }

 private:
  void end_line() {
    at_ = after_line_end(bytes_, at_);
    ++line_;
  }

  // At the start of a value: steps over its quoted part, if it has one.
  void skip_quoted() {
    if (!separators_.quote || at_end() || bytes_[at_] != *separators_.quote) return;
    const int64_t opened = line_;
    ++at_;
    while (!at_end()) {
      if (bytes_[at_] == *separators_.quote) {
        ++at_;
        if (at_end() || bytes_[at_] != *separators_.quote) return;
        ++at_;
      } else if (is_line_end(bytes_[at_])) {
        end_line();
      } else {
        ++at_;
      }
    }
    unclosed_quote_ = opened;
  }

  std::string_view bytes_;
  Separators separators_;
  size_t at_ = 0;
  int64_t line_ = 1;
  std::optional<int64_t> unclosed_quote_;
};

}  // namespace

Records scan_records(std::string_view bytes, const Separators& separators, int64_t limit) {
  Records records;
  Scanner scanner(bytes, separators);
  scanner.skip_empty_lines();
  while (!scanner.at_end() && static_cast<int64_t>(records.list.size()) < limit) {
    interrupt::check();
    records.list.push_back(scanner.next());
    scanner.skip_empty_lines();
  }
  records.unclosed_quote = scanner.unclosed_quote();
  return records;
}

Records scan_lines(std::string_view bytes, int64_t limit) {
  Records records;
  size_t at = 0;
  for (int64_t line = 1; at < bytes.size() && static_cast<int64_t>(records.list.size()) < limit; ++line) {
    interrupt::check();
    const size_t feed = bytes.find('\n', at);
    const size_t end = feed == std::string_view::npos ? bytes.size() : feed + 1;
    const bool blank = bytes.substr(at, end - at).find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
    if (!blank) records.list.push_back({.begin = at, .end = end, .line = line, .fields = 1});
    at = end;
  }
  return records;
}

std::string_view content(std::string_view bytes, const Record& record) {
  std::string_view text = bytes.substr(record.begin, record.end - record.begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace engram::data

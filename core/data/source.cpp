#include "data/source.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "base/files.hpp"
#include "base/text.hpp"
#include "data/encoding.hpp"
#include "data/formats.hpp"

namespace engram::data {
namespace {

std::string hexadecimal(char byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned char>(byte));
  return text.data();
}

// How much of the text the set's first `rows` rows take.
size_t bytes_read(const recipe::DataSet& set, std::string_view text) {
  if (!set.rows) return text.size();
  const bool lines = set.format == recipe::DataFormat::json_lines || set.format == recipe::DataFormat::label_lines;
  const Records records =
      lines ? scan_lines(text, record_limit(set)) : scan_records(text, separators_of(set), record_limit(set));
  return records.list.empty() ? 0 : records.list.back().end;
}

void check_utf8(std::string_view text, size_t bytes_before, LineFaults& faults) {
  size_t start = 0;
  int64_t line = 1;
  while (const auto invalid = first_invalid_utf8(text.substr(start))) {
    const size_t at = start + *invalid;
    line += std::count(text.begin() + static_cast<std::ptrdiff_t>(start),
                       text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const size_t feed = text.rfind('\n', at);
    const size_t line_start = feed == std::string_view::npos ? 0 : feed + 1;
    faults.add(line, "byte " + std::to_string(at - line_start + 1),
               {.what = hexadecimal(text[at]) + " (byte " +
                        text::thousands(static_cast<int64_t>(at + bytes_before + 1)) + " of the file) is not UTF-8",
                .fix = "if the file is ISO-8859-1, say so with the data set's encoding"});
    const size_t next = text.find('\n', at);
    if (next == std::string_view::npos) return;
    start = next + 1;
    ++line;
  }
}

}  // namespace

Source read_source(const recipe::DataSet& set, const std::filesystem::path& file, LineFaults& faults) {
  std::error_code error;
  if (std::filesystem::file_size(file, error) == 0 && !error) return {};
  const MappedFile map(file);
  const std::string_view whole(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
  Source source{.file_bytes = whole.size()};
  const std::string_view mark = byte_order_mark(whole);
  if (mark == "UTF-16") {
    throw DataError(
        {.what = "is UTF-16", .where = file.string(), .allowed = "UTF-8 or ISO-8859-1", .fix = "save it as UTF-8"});
  }
  const size_t skipped = mark.empty() ? 0 : 3;
  const std::string_view content = whole.substr(skipped);
  source.text = content.substr(0, bytes_read(set, content));
  // A byte-order mark says UTF-8, whatever the recipe says.
  if (set.encoding == recipe::TextEncoding::iso_8859_1 && mark.empty()) {
    source.text = utf8_from_iso_8859_1(source.text);
  } else {
    check_utf8(source.text, skipped, faults);
  }
  return source;
}

}  // namespace engram::data

// Training data: CSV, TSV, JSON Lines and label lines. The input's first three bytes choose the settings, the rest is
// the file.
#include "data/table.hpp"
#include "support/memory_file.hpp"
#include "support/property.hpp"

namespace {

using namespace engram;

recipe::Column column(unsigned choice) {
  if (choice % 2 == 0) return static_cast<int>(choice / 2 % 4);
  return std::string(choice % 4 == 1 ? "text" : "label");
}

recipe::DataSet set_of(const uint8_t* bytes) {
  constexpr recipe::DataFormat kFormats[] = {recipe::DataFormat::csv, recipe::DataFormat::tsv,
                                             recipe::DataFormat::json_lines, recipe::DataFormat::label_lines};
  recipe::DataSet set{.name = "fuzzed", .format = kFormats[bytes[0] % 4]};
  set.header = (bytes[0] & 4) != 0;
  if ((bytes[0] & 8) != 0) set.quoting = (bytes[0] & 16) != 0;
  if ((bytes[0] & 32) != 0) set.encoding = recipe::TextEncoding::iso_8859_1;
  if ((bytes[0] & 64) != 0) set.rows = bytes[1] % 8 + 1;
  if ((bytes[0] & 128) != 0) set.delimiter = ";|\t "[bytes[1] / 8 % 4];
  set.text = {column(bytes[2])};
  if ((bytes[1] & 128) != 0) set.pair = {column(bytes[2] >> 2)};
  set.label = column(bytes[2] >> 4);
  if ((bytes[1] & 64) != 0) set.label_until = ':';
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const recipe::DataSet set = set_of(data);
  const std::string_view bytes = fuzz::text_of(data + 3, size - 3);
  const fuzz::MemoryFile file(bytes);
  const fuzz::AllocationLimit limit(size, 400, 24 << 20);  // Arrow's pool takes blocks of megabytes
  data::Table table;
  if (!fuzz::accepts([&] { table = data::read_table(set, file.path()); })) return 0;
  fuzz::require(table.file_bytes == bytes.size(), "a table knows its file's size");
  int64_t line = 0;
  for (const data::Row& row : table.rows) {
    fuzz::require(row.line > line, "rows come in the order of their lines");
    line = row.line;
    fuzz::require(row.text.find_first_not_of(" \t\r\n\f\v") != std::string::npos, "a row has a text");
    fuzz::require(row.label.has_value() && !row.label->empty(), "a row has its label");
  }
  fuzz::require(!set.rows || static_cast<int64_t>(table.rows.size()) <= *set.rows, "no more rows than asked for");
  return 0;
}

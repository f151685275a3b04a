// Separated values through Arrow. Our own scan of the records comes first: it knows lines and finds ragged rows, so
// that faults name the physical line even after values with line breaks in them.
#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>

#include <algorithm>

#include "base/interrupt.hpp"
#include "data/formats.hpp"
#include "data/raw_table.hpp"
#include "data/records.hpp"

namespace engram::data {
namespace {

template <class T>
T checked(arrow::Result<T> result, const std::string& file) {
  if (result.ok()) return std::move(result).ValueUnsafe();
  if (result.status().IsCancelled()) throw interrupt::Interrupted{};
  throw DataError({.what = "cannot be read: " + result.status().message(), .where = file});
}

// Bytes in memory, read in blocks, with a look at the interrupt flag before each.
class Polled final : public arrow::io::InputStream {
 public:
  explicit Polled(std::string_view bytes) : bytes_(std::make_shared<arrow::Buffer>(bytes)) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return bytes_.Tell(); }
  arrow::Result<int64_t> Read(int64_t count, void* target) override { return bytes_.Read(count, target); }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    if (interrupt::requested()) return arrow::Status::Cancelled("interrupted");
    return bytes_.Read(count);
  }

 private:
  arrow::io::BufferReader bytes_;
  bool closed_ = false;
};

std::string arrow_name(size_t index) { return "f" + std::to_string(index); }

// Reads the columns `wanted` of records that all hold `fields` values; others are skipped.
std::shared_ptr<arrow::Table> read_with_arrow(std::string_view bytes, const Separators& separators, int64_t fields,
                                              size_t longest, const std::vector<size_t>& wanted,
                                              const std::string& file) {
  // Arrow drops a byte-order mark before the first value, wherever in the file that is, and an empty line does no harm.
  std::string behind_a_line;
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    behind_a_line = "\n" + std::string(bytes);
    bytes = behind_a_line;
  }
  auto reading = arrow::csv::ReadOptions::Defaults();
  reading.use_threads = false;
  for (int64_t i = 0; i < fields; ++i) reading.column_names.push_back(arrow_name(static_cast<size_t>(i)));
  // A record may not straddle more than two blocks.
  reading.block_size = static_cast<int32_t>(std::clamp<size_t>(2 * longest, 1 << 20, 1 << 30));
  auto parsing = arrow::csv::ParseOptions::Defaults();
  parsing.delimiter = separators.delimiter;
  parsing.quoting = separators.quote.has_value();
  parsing.newlines_in_values = parsing.quoting;
  parsing.invalid_row_handler = [](const arrow::csv::InvalidRow&) { return arrow::csv::InvalidRowResult::Skip; };
  auto converting = arrow::csv::ConvertOptions::Defaults();
  converting.check_utf8 = false;
  converting.strings_can_be_null = false;
  for (const size_t index : wanted) {
    converting.column_types[arrow_name(index)] = arrow::utf8();
    if (std::count(converting.include_columns.begin(), converting.include_columns.end(), arrow_name(index)) == 0) {
      converting.include_columns.push_back(arrow_name(index));
    }
  }
  const auto reader =
      checked(arrow::csv::TableReader::Make(arrow::io::IOContext(arrow::system_memory_pool()),
                                            std::make_shared<Polled>(bytes), reading, parsing, converting),
              file);
  return checked(reader->Read(), file);
}

std::vector<Cell> strings_of(const arrow::ChunkedArray& column) {
  std::vector<Cell> cells;
  cells.reserve(static_cast<size_t>(column.length()));
  for (const auto& chunk : column.chunks()) {
    const auto& strings = static_cast<const arrow::StringArray&>(*chunk);
    for (int64_t i = 0; i < strings.length(); ++i) cells.emplace_back(strings.GetString(i));
  }
  return cells;
}

std::vector<std::string> first_record(std::string_view bytes, const Records& records, const Separators& separators,
                                      const std::string& file) {
  const Record& first = records.list.front();
  std::vector<size_t> all(static_cast<size_t>(first.fields));
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto table = read_with_arrow(bytes.substr(first.begin, first.end - first.begin), separators, first.fields,
                                     first.end - first.begin, all, file);
  std::vector<std::string> values;
  for (const auto& column : table->columns()) {
    const std::vector<Cell> cells = strings_of(*column);
    if (cells.size() != 1) throw InternalError({.what = "Arrow found no row in the first record", .where = file});
    values.push_back(cells.front().value_or(""));
  }
  return values;
}

void refuse_unclosed_quote(const Records& records, LineFaults& faults) {
  if (!records.unclosed_quote) return;
  faults.add(*records.unclosed_quote, "",
             {.what = "a quoted value opens here and is never closed",
              .fix = "close it, or set quoting = false if quotes mean nothing in this file"});
  faults.raise();
}

// The records of `records` from `start` on that hold as many values as the first one; the others are faults.
std::vector<int64_t> lines_of_whole_records(const Records& records, size_t start, LineFaults& faults, size_t& longest) {
  const int64_t expected = records.list.front().fields;
  std::vector<int64_t> lines;
  for (size_t i = start; i < records.list.size(); ++i) {
    const Record& record = records.list[i];
    longest = std::max(longest, record.end - record.begin);
    if (record.fields == expected) {
      lines.push_back(record.line);
    } else {
      faults.add(record.line, "",
                 {.what = "holds " + std::to_string(record.fields) + (record.fields == 1 ? " value" : " values") +
                          " where the first row has " + std::to_string(expected),
                  .fix = "quote values that hold the delimiter, or check delimiter and quoting in the recipe"});
    }
  }
  return lines;
}

}  // namespace

std::vector<std::string> csv_header(const recipe::DataSet& set, std::string_view bytes, const std::string& file) {
  const Separators separators = separators_of(set);
  const Records records = scan_records(bytes, separators, 1);
  if (records.list.empty() || records.unclosed_quote) return {};
  return first_record(bytes, records, separators, file);
}

RawTable read_csv(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults) {
  const Separators separators = separators_of(set);
  const size_t header = set.header ? 1 : 0;
  const Records records = scan_records(bytes, separators, record_limit(set));
  refuse_unclosed_quote(records, faults);
  if (records.list.size() <= header) {
    faults.add_for_file({.what = "holds no rows"});
    return {};
  }
  std::vector<std::string> present = first_record(bytes, records, separators, faults.file());
  const std::vector<recipe::Column> asked = columns_asked_for(set);
  const std::vector<size_t> indices =
      find_columns(asked, present, set.header ? "" : "the file is read without a header", faults);
  size_t longest = 0;
  RawTable table;
  table.lines = lines_of_whole_records(records, header, faults, longest);
  if (indices.size() < asked.size() || table.lines.empty()) return {};

  const size_t begin = records.list[header].begin;
  const auto read = read_with_arrow(bytes.substr(begin, records.list.back().end - begin), separators,
                                    records.list.front().fields, longest, indices, faults.file());
  if (read->num_rows() != static_cast<int64_t>(table.lines.size())) {
    throw InternalError({.what = "Arrow found " + std::to_string(read->num_rows()) + " rows and the scan of records " +
                                 std::to_string(table.lines.size()),
                         .where = faults.file()});
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    table.names.push_back(shown(asked[i]));
    table.columns.push_back(strings_of(*read->GetColumnByName(arrow_name(indices[i]))));
  }
  return table;
}

}  // namespace engram::data

#include <algorithm>
#include <string_view>

#include "base/files.hpp"
#include "data/formats.hpp"
#include "data/raw_table.hpp"
#include "data/table.hpp"

namespace engram::data {
namespace {

constexpr size_t kCountedWhole = 64'000'000;  // bytes
constexpr size_t kSample = 16'000'000;        // bytes

int64_t records_in(const recipe::DataSet& set, std::string_view bytes) {
  const bool lines = set.format == recipe::DataFormat::json_lines || set.format == recipe::DataFormat::label_lines;
  const Records records = lines ? scan_lines(bytes) : scan_records(bytes, separators_of(set));
  const int64_t header = !lines && set.header ? 1 : 0;
  return std::max<int64_t>(0, static_cast<int64_t>(records.list.size()) - header);
}

}  // namespace

RowCount count_rows(const recipe::DataSet& set, const std::filesystem::path& file) {
  recipe::DataSet resolved = set;
  resolved.format = format_of(set, file);
  const int64_t limit = set.rows.value_or(INT64_MAX);
  if (resolved.format == recipe::DataFormat::parquet) return {.rows = std::min(count_parquet_rows(file), limit)};
  const MappedFile map(file);
  const std::string_view bytes(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
  if (bytes.size() < kCountedWhole) return {.rows = std::min(records_in(resolved, bytes), limit)};
  const int64_t sampled = records_in(resolved, bytes.substr(0, kSample));
  if (sampled >= limit) return {.rows = limit};
  const auto whole = static_cast<int64_t>(static_cast<double>(sampled) * static_cast<double>(bytes.size()) / kSample);
  return {.rows = std::min(whole, limit), .exact = false};
}

int64_t rows_within(const recipe::DataSet& set, const std::filesystem::path& file, uint64_t bytes) {
  recipe::DataSet resolved = set;
  resolved.format = format_of(set, file);
  if (resolved.format == recipe::DataFormat::parquet) {
    const double share = static_cast<double>(bytes) / static_cast<double>(std::filesystem::file_size(file));
    return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(count_parquet_rows(file)) * share));
  }
  const MappedFile map(file);
  const std::string_view start(reinterpret_cast<const char*>(map.bytes().data()),
                               std::min<size_t>(map.bytes().size(), bytes));
  // The last record goes on beyond these bytes.
  return std::max<int64_t>(1, records_in(resolved, start) - 1);
}

}  // namespace engram::data

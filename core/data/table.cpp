#include "data/table.hpp"

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "data/formats.hpp"
#include "data/line_faults.hpp"
#include "data/raw_table.hpp"
#include "data/source.hpp"

namespace engram::data {
namespace {

using recipe::DataFormat;
using recipe::DataSet;

RawTable read_raw(const DataSet& set, const std::filesystem::path& file, uint64_t& bytes, LineFaults& faults) {
  if (set.format == DataFormat::parquet) {
    bytes = std::filesystem::file_size(file);
    return read_parquet(set, file, faults);
  }
  const Source source = read_source(set, file, faults);
  bytes = source.file_bytes;
  switch (set.format) {
    case DataFormat::json_lines: return read_json_lines(set, source.text, faults);
    case DataFormat::label_lines: return read_label_lines(set, source.text, faults);
    default: return read_csv(set, source.text, faults);
  }
}

std::string label(const DataSet& set, const Cell& cell, const std::string& column, int64_t line, LineFaults& faults) {
  std::string value = text::trim(cell.value_or(""));
  if (set.label_until) value = value.substr(0, value.find(*set.label_until));
  if (value.empty()) {
    faults.add(line, column, {.what = "the label is missing"});
    return value;
  }
  if (set.label_names.empty()) return value;
  const auto found = set.label_names.find(value);
  if (found != set.label_names.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, name] : set.label_names) known.push_back(key);
  faults.add(line, column,
             {.what = "label_names has no entry for '" + value + "'" + text::did_you_mean(value, known),
              .allowed = text::join(known, ", ")});
  return value;
}

// Columns come in the order text, pair, label, group.
std::vector<Row> rows_of(const DataSet& set, const RawTable& raw, LineFaults& faults) {
  const bool lines = set.format == DataFormat::label_lines;
  const size_t texts = lines ? 1 : set.text.size();
  const size_t pairs = lines ? 0 : set.pair.size();
  std::vector<Row> rows(raw.lines.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    interrupt::check();
    Row& row = rows[i];
    row.line = raw.lines[i];
    row.text = joined_text(raw, 0, texts, i, faults);
    if (pairs > 0) row.pair = joined_text(raw, texts, pairs, i, faults);
    size_t next = texts + pairs;
    if (lines || set.label) {
      row.label = label(set, raw.columns[next][i], raw.names[next], row.line, faults);
      ++next;
    }
    if (set.group) row.group = raw.columns[next][i].value_or("");
  }
  return rows;
}

}  // namespace

Table read_table(const DataSet& set, const std::filesystem::path& file) {
  DataSet resolved = set;
  resolved.format = format_of(set, file);
  if (resolved.text.empty() && resolved.format != DataFormat::label_lines) {
    throw DataError({.what = "data set '" + set.name + "' names no text column",
                     .where = file.string(),
                     .fix = "add text = \"...\" to it"});
  }
  LineFaults faults(file.string(), resolved.format == DataFormat::parquet ? "row" : "line");
  Table table;
  table.file = file.string();
  const RawTable raw = read_raw(resolved, file, table.file_bytes, faults);
  if (!raw.lines.empty()) table.rows = rows_of(resolved, raw, faults);
  faults.raise();
  return table;
}

}  // namespace engram::data

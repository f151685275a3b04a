#include "data/sniff.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "data/encoding.hpp"
#include "data/examples.hpp"
#include "data/formats.hpp"
#include "data/raw_table.hpp"
#include "data/records.hpp"
#include "data/sniff_columns.hpp"
#include "data/source.hpp"

namespace engram::data {
namespace {

using recipe::DataFormat;
using recipe::DataSet;

constexpr int64_t kSample = 2000;  // rows looked at
constexpr int64_t kShown = 5;

std::string_view view(const MappedFile& map) {
  return {reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()};
}

// Lines that start with one of a few words: labels, if something follows them.
bool looks_like_label_lines(std::string_view bytes) {
  const Records records = scan_lines(bytes, 500);
  std::set<std::string_view> words;
  for (const Record& record : records.list) {
    const std::string_view line = content(bytes, record);
    const size_t border = line.find(' ');
    if (border == 0 || border == std::string_view::npos) return false;
    words.insert(line.substr(0, border));
  }
  return records.list.size() >= 4 && words.size() <= std::max<size_t>(2, records.list.size() / 5);
}

// The share of records that have as many values as most do; 0 when that is one value.
double agreement(std::string_view bytes, const Separators& separators) {
  const Records records = scan_records(bytes, separators, 200);
  std::map<int64_t, size_t> counts;
  for (const Record& record : records.list) ++counts[record.fields];
  size_t most = 0;
  for (const auto& [fields, count] : counts) most = fields > 1 ? std::max(most, count) : most;
  return records.list.empty() ? 0 : static_cast<double>(most) / static_cast<double>(records.list.size());
}

std::optional<char> delimiter_of(std::string_view bytes, std::optional<char> quote) {
  std::optional<char> best;
  double best_agreement = 0.9;
  for (const char delimiter : {',', '\t', ';', '|'}) {
    const double share = agreement(bytes, {.delimiter = delimiter, .quote = quote});
    if (share > best_agreement) {
      best = delimiter;
      best_agreement = share;
    }
  }
  return best;
}

[[noreturn]] void refuse(const std::filesystem::path& file) {
  throw DataError({.what = "does not look like rows of text with labels",
                   .where = file.string(),
                   .allowed = "CSV, TSV, JSON Lines, Parquet, or lines of a label, a space and text"});
}

DataFormat guessed_format(const std::filesystem::path& file, std::string_view bytes) {
  DataSet open;
  try {
    return format_of(open, file);
  } catch (const DataError&) {  // the name says nothing, so the content must
  }
  if (bytes.starts_with("PAR1")) return DataFormat::parquet;
  if (text::trim(bytes.substr(0, 100)).starts_with('{')) return DataFormat::json_lines;
  if (agreement(bytes, {.delimiter = '\t', .quote = std::nullopt}) > 0.9) return DataFormat::tsv;
  if (looks_like_label_lines(bytes)) return DataFormat::label_lines;
  if (delimiter_of(bytes, '"')) return DataFormat::csv;
  refuse(file);
}

void guess_delimiter(Guess& found, std::string_view bytes) {
  const Separators usual = separators_of(found.set);
  const std::optional<char> better = delimiter_of(bytes, usual.quote);
  if (!better || *better == usual.delimiter) return;
  found.set.delimiter = *better;
  found.notes.push_back(std::string("Values are set apart by '") + (*better == '\t' ? "\\t" : std::string(1, *better)) +
                        "'.");
}

// Reads every column of the first rows; broken rows are left to read_table.
RawTable sample(DataSet set, const std::filesystem::path& file, const std::vector<recipe::Column>& all) {
  set.text = all;
  set.rows = kSample;
  LineFaults ignored(file.string());
  if (set.format == DataFormat::parquet) return read_parquet(set, file, ignored);
  const Source source = read_source(set, file, ignored);
  return set.format == DataFormat::json_lines ? read_json_lines(set, source.text, ignored)
                                              : read_csv(set, source.text, ignored);
}

std::vector<recipe::Column> positions(size_t count) {
  std::vector<recipe::Column> columns;
  for (size_t i = 1; i <= count; ++i) columns.emplace_back(static_cast<int>(i));
  return columns;
}

std::vector<std::string> json_keys(std::string_view bytes, const std::filesystem::path& file) {
  const Records records = scan_lines(bytes, 1);
  std::vector<std::string> keys;
  if (records.list.empty()) return keys;
  const Json first = parse_json(std::string(content(bytes, records.list.front())), file.string() + ":1");
  if (first.is_object()) {
    for (const auto& [key, value] : first.items()) keys.push_back(key);
  }
  return keys;
}

// Fills found.columns and found.set.header, and returns the sample that column roles are judged by.
RawTable look_at_columns(Guess& found, const std::filesystem::path& file, std::string_view bytes) {
  const bool keyed = found.set.format == DataFormat::json_lines || found.set.format == DataFormat::parquet;
  if (keyed) {
    found.columns = found.set.format == DataFormat::parquet ? parquet_columns(file) : json_keys(bytes, file);
    return sample(found.set, file, {found.columns.begin(), found.columns.end()});
  }
  guess_delimiter(found, bytes);
  const std::vector<std::string> first = csv_header(found.set, bytes, file.string());
  const RawTable rest = sample(found.set, file, positions(first.size()));
  found.set.header = looks_like_header(first, rest.columns);
  for (size_t i = 0; i < first.size(); ++i) {
    found.columns.push_back(found.set.header ? first[i] : "column " + std::to_string(i + 1));
  }
  return rest;
}

void assign_columns(Guess& found, const RawTable& rows, const std::filesystem::path& file) {
  const std::vector<std::string> names = found.set.header ? found.columns : std::vector<std::string>();
  const ColumnRoles roles = column_roles(names, rows.columns);
  if (roles.text.empty()) refuse(file);
  const auto column = [&](size_t i) {
    return names.empty() ? recipe::Column(static_cast<int>(i + 1)) : recipe::Column(names[i]);
  };
  for (const size_t i : roles.text) found.set.text.push_back(column(i));
  for (const size_t i : roles.pair) found.set.pair.push_back(column(i));
  if (roles.label) found.set.label = column(*roles.label);
  if (!roles.label) found.notes.push_back("No column looks like a label.");
  if (roles.text.size() > 1) found.notes.push_back("Several columns hold text; they are joined by one space.");
}

void guess_encoding(Guess& found, std::string_view bytes) {
  if (found.set.format == DataFormat::parquet || !first_invalid_utf8(bytes)) return;
  found.set.encoding = recipe::TextEncoding::iso_8859_1;
  found.notes.push_back("The file is not UTF-8; it is read as ISO-8859-1.");
}

void guess_label_cut(Guess& found, const std::vector<std::string>& labels) {
  const auto cut = [](const std::string& label) { return label.find(':') != std::string::npos; };
  if (labels.empty() || !std::all_of(labels.begin(), labels.end(), cut)) return;
  found.set.label_until = ':';
  found.notes.push_back("Labels have a coarse and a fine part; only the part before ':' is used.");
}

// Reads the whole file as guessed; what is wrong with it becomes a note.
void read_as_guessed(Guess& found, const std::filesystem::path& file) {
  try {
    Table table = read_table(found.set, file);
    if (found.set.format == DataFormat::label_lines) {
      guess_label_cut(found, label_names(table));
      table = read_table(found.set, file);
    }
    found.labels = label_names(table);
    table.rows.resize(std::min<size_t>(table.rows.size(), kShown));
    found.first_rows = std::move(table.rows);
  } catch (const DataError& error) {
    found.notes.push_back("The file has faults, the first: " + error.faults().front().text());
  }
}

}  // namespace

Guess guess(const std::filesystem::path& file) {
  const MappedFile map(file);
  const std::string_view mark = byte_order_mark(view(map));
  const std::string_view bytes = view(map).substr(mark == "UTF-8" ? 3 : 0);
  Guess found;
  found.set.file = file.string();
  found.set.format = guessed_format(file, bytes);
  guess_encoding(found, bytes);
  if (found.set.format != DataFormat::label_lines) {
    const RawTable rows = look_at_columns(found, file, bytes);
    assign_columns(found, rows, file);
  }
  read_as_guessed(found, file);
  return found;
}

}  // namespace engram::data

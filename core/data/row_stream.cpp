#include "data/row_stream.hpp"

#include <algorithm>

#include "base/case.hpp"
#include "base/text.hpp"
#include "data/byte_stream.hpp"
#include "data/encoding.hpp"
#include "data/formats.hpp"
#include "data/json_rows.hpp"
#include "data/pieces.hpp"
#include "data/raw_table.hpp"

namespace engram::data {
namespace {

void check_utf8(std::string_view bytes, LineFaults& faults) {
  if (!first_invalid_utf8(bytes)) return;
  int64_t number = 0;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    ++number;
    if (const std::optional<size_t> at = first_invalid_utf8(line)) {
      faults.add(number, "byte " + std::to_string(*at + 1),
                 {.what = "is not UTF-8", .fix = "convert the file, for instance with iconv -f ISO-8859-1 -t UTF-8"});
    }
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  }
}

// The part that all text formats share: pieces, without the byte-order mark that the first one may begin with.
class TextStream : public RowStream {
 public:
  TextStream(const std::string& file, std::optional<Separators> separators) : pieces_(file, separators) {}

  const std::string& name() const override { return pieces_.name(); }
  bool live() const override { return pieces_.live(); }

 protected:
  Piece piece(size_t most) {
    if (ended_) return {};
    Piece piece = pieces_.next(most);
    if (piece.before > 0) return piece;
    const std::string_view mark = byte_order_mark(piece.bytes);
    if (mark == "UTF-16") {
      end();
      throw DataError({.what = "is UTF-16", .where = name(), .allowed = "UTF-8", .fix = "save it as UTF-8"});
    }
    if (!mark.empty()) piece.bytes.erase(0, 3);
    return piece;
  }

  int64_t lines_passed() const { return pieces_.lines(); }

  // Nothing that follows can be read: the next piece is the last one, an empty one.
  void end() { ended_ = true; }

 private:
  Pieces pieces_;
  bool ended_ = false;
};

class LineStream : public TextStream {
 public:
  LineStream(const std::string& file, bool pairs) : TextStream(file, {}), pairs_(pairs) {}

  bool has_extra(size_t) const override { return false; }
  int64_t blank_lines() const override { return lines_passed() - rows_; }

  std::vector<InputRow> next(size_t most) override {
    const Piece read = piece(most);
    LineFaults faults(name(), unit(), read.before);
    check_utf8(read.bytes, faults);
    std::vector<InputRow> rows;
    const std::vector<Record> lines = scan_lines(read.bytes).list;
    rows_ += static_cast<int64_t>(lines.size());
    for (const Record& record : lines) {
      InputRow row{.text = std::string(content(read.bytes, record)), .line = record.line + read.before};
      if (pairs_) split(row, record.line, faults);
      rows.push_back(std::move(row));
    }
    faults.raise();
    return rows;
  }

 private:
  static void split(InputRow& row, int64_t line, LineFaults& faults) {
    const std::vector<std::string> parts = text::split(row.text, '\t');
    if (parts.size() == 2 && !text::trim(parts[0]).empty() && !text::trim(parts[1]).empty()) {
      row.text = parts[0];
      row.pair = parts[1];
      return;
    }
    faults.add(line, "",
               {.what = "is not two texts separated by a TAB, and the model was trained on pairs of texts",
                .fix = "write the first text, one TAB and the second text on each line"});
  }

  bool pairs_;
  int64_t rows_ = 0;
};

// Columns as they are asked of a file: those of the text, of the pair, and of the extras those that it has.
class Asked {
 public:
  explicit Asked(const RowLayout& layout) : layout_(layout), columns_(layout.text) {
    columns_.insert(columns_.end(), layout.pair.begin(), layout.pair.end());
    places_.resize(layout.extras.size());
  }

  void look_for_extras(const std::vector<std::string>& present) {
    for (size_t i = 0; i < layout_.extras.size(); ++i) {
      if (std::find(present.begin(), present.end(), layout_.extras[i]) == present.end()) continue;
      places_[i] = columns_.size();
      columns_.push_back(layout_.extras[i]);
    }
  }
  const std::vector<recipe::Column>& columns() const { return columns_; }
  bool has_extra(size_t index) const { return places_[index].has_value(); }

  std::vector<InputRow> rows(const RawTable& raw, int64_t before, LineFaults& faults) const {
    std::vector<InputRow> rows(raw.lines.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].line = raw.lines[i] + before;
      rows[i].text = joined_text(raw, 0, layout_.text.size(), i, faults);
      if (!layout_.pair.empty()) {
        rows[i].pair = joined_text(raw, layout_.text.size(), layout_.pair.size(), i, faults);
      }
      for (const std::optional<size_t>& place : places_) {
        rows[i].extras.push_back(place ? raw.columns[*place][i] : std::nullopt);
      }
    }
    return rows;
  }

 private:
  const RowLayout layout_;
  std::vector<recipe::Column> columns_;
  std::vector<std::optional<size_t>> places_;  // of each extra, among the columns
};

recipe::DataSet separated(const RowLayout& layout) {
  return {.format = layout.format == RowFormat::tsv ? recipe::DataFormat::tsv : recipe::DataFormat::csv,
          .delimiter = layout.delimiter};
}

// Every piece is read as a file of its own, that begins with the first record of the whole: its names or, without a
// header, its number of values hold for all.
class SeparatedStream : public TextStream {
 public:
  SeparatedStream(const std::string& file, const RowLayout& layout)
      : TextStream(file, separators_of(separated(layout))), set_(separated(layout)), asked_(layout) {
    has_header_ = layout.header;
  }

  bool has_extra(size_t index) const override { return asked_.has_extra(index); }

  std::vector<InputRow> next(size_t most) override {
    Piece read = first_.empty() ? begin() : piece(most);
    if (read.bytes.empty() && has_header_ && !begun_) read = piece(most);
    begun_ = true;
    if (read.bytes.empty()) return {};
    const int64_t before = read.before - count_line_ends(first_, true);
    const std::string whole = first_ + read.bytes;
    LineFaults faults(name(), unit(), before);
    check_utf8(whole, faults);
    const RawTable raw = read_csv(set_, whole, faults);
    std::vector<InputRow> rows = asked_.rows(raw, before, faults);
    faults.raise();
    return rows;
  }

 private:
  // Reads the first record; it is given back where it is a row.
  Piece begin() {
    Piece first = piece(1);
    first_ = first.bytes;
    if (first_.empty()) return {};
    if (first_invalid_utf8(first_)) end();
    LineFaults faults(name());
    check_utf8(first_, faults);
    faults.raise();
    if (!first_.ends_with('\n')) first_ += '\n';
    if (has_header_) asked_.look_for_extras(csv_header(set_, first_, name()));
    set_.text = asked_.columns();
    return has_header_ ? Piece{} : first;
  }

  recipe::DataSet set_;
  Asked asked_;
  bool has_header_ = true;
  bool begun_ = false;
  std::string first_;
};

class JsonStream : public TextStream {
 public:
  JsonStream(const std::string& file, const RowLayout& layout) : TextStream(file, {}), layout_(layout) {
    for (const std::vector<recipe::Column>* columns : {&layout.text, &layout.pair}) {
      for (const recipe::Column& column : *columns) {
        if (const int* position = std::get_if<int>(&column)) {
          throw DataError(
              {.what = "is read as JSON Lines, where column " + std::to_string(*position) + " has no meaning",
               .where = name(),
               .fix = "give the key's name"});
        }
      }
    }
  }

  bool has_extra(size_t) const override { return true; }

  std::vector<InputRow> next(size_t most) override {
    const Piece read = piece(most);
    if (read.before == 0 && text::trim(read.bytes.substr(0, read.bytes.find('\n'))).starts_with('[')) {
      end();
      throw DataError({.what = "starts with '[': it is one JSON array, not JSON Lines",
                       .where = name(),
                       .fix = "write one object a line"});
    }
    LineFaults faults(name(), unit(), read.before);
    check_utf8(read.bytes, faults);
    std::vector<InputRow> rows;
    for (const Record& record : scan_lines(read.bytes).list) {
      const std::optional<Json> object = json_row(content(read.bytes, record), record.line, faults);
      if (!object) continue;
      rows.push_back({.line = record.line + read.before});
      rows.back().text = joined(*object, layout_.text, record.line, faults);
      if (!layout_.pair.empty()) rows.back().pair = joined(*object, layout_.pair, record.line, faults);
      for (const std::string& extra : layout_.extras) {
        const auto found = object->find(extra);
        rows.back().extras.push_back(
            found == object->end() ? std::nullopt : json_cell(*found, "column '" + extra + "'", record.line, faults));
      }
    }
    faults.raise();
    return rows;
  }

 private:
  static std::string joined(const Json& object, const std::vector<recipe::Column>& columns, int64_t line,
                            LineFaults& faults) {
    RawTable row{.lines = {line}};
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    for (const recipe::Column& column : columns) {
      const auto& name = std::get<std::string>(column);
      const auto found = object.find(name);
      if (found == object.end()) {
        faults.add(line, "",
                   {.what = "has no key '" + name + "'" + text::did_you_mean(name, keys),
                    .allowed = "the keys are '" + text::join(keys, "', '") + "'",
                    .fix = "name the one that is meant with --text or --pair"});
        return {};
      }
      row.names.push_back(shown(column));
      row.columns.push_back({json_cell(*found, row.names.back(), line, faults)});
    }
    return joined_text(row, 0, columns.size(), 0, faults);
  }

  RowLayout layout_;
};

class ParquetStream : public RowStream {
 public:
  ParquetStream(const std::string& file, const RowLayout& layout) : name_(file), pieces_(file), asked_(layout) {
    asked_.look_for_extras(pieces_.names());
    pieces_.choose(asked_.columns());
  }

  bool has_extra(size_t index) const override { return asked_.has_extra(index); }
  const std::string& name() const override { return name_; }
  bool live() const override { return false; }
  const char* unit() const override { return "row"; }

  std::vector<InputRow> next(size_t most) override {
    LineFaults faults(name_, unit());
    std::vector<InputRow> rows = asked_.rows(pieces_.next(static_cast<int64_t>(most)), 0, faults);
    faults.raise();
    return rows;
  }

 private:
  std::string name_;
  ParquetPieces pieces_;
  Asked asked_;
};

}  // namespace

RowFormat row_format(const std::string& file) {
  const size_t dot = file.rfind('.');
  const std::string ending = dot == std::string::npos ? "" : text::lower(file.substr(dot));
  if (ending == ".csv") return RowFormat::csv;
  if (ending == ".tsv") return RowFormat::tsv;
  if (ending == ".jsonl" || ending == ".ndjson" || ending == ".json") return RowFormat::json_lines;
  if (ending == ".parquet") return RowFormat::parquet;
  return RowFormat::lines;
}

std::unique_ptr<RowStream> open_rows(const std::string& file, const RowLayout& layout) {
  switch (layout.format) {
    case RowFormat::lines: return std::make_unique<LineStream>(file, layout.pairs);
    case RowFormat::csv:
    case RowFormat::tsv: return std::make_unique<SeparatedStream>(file, layout);
    case RowFormat::json_lines: return std::make_unique<JsonStream>(file, layout);
    case RowFormat::parquet: break;
  }
  if (file == "-") {
    throw DataError(
        Fault{.what = "a Parquet file cannot be read from standard input, because its contents are at its end",
              .fix = "name it with --file"});
  }
  const ByteStream opened(file);  // which refuses one that is not there
  return std::make_unique<ParquetStream>(file, layout);
}

}  // namespace engram::data

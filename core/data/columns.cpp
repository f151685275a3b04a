#include "base/text.hpp"
#include "data/raw_table.hpp"

namespace engram::data {
namespace {

std::string listed(const std::vector<std::string>& present) {
  return present.empty() ? "no column at all" : "the columns are '" + text::join(present, "', '") + "'";
}

std::string fix_for(const std::vector<std::string>& present) {
  const size_t place = present.size() == 1 ? present.front().find_first_of(";\t|") : std::string::npos;
  if (place != std::string::npos) {
    const std::string mark = present.front()[place] == '\t' ? "TAB" : present.front().substr(place, 1);
    return "say that " + mark + " stands between values: --delimiter of engram predict, in a recipe delimiter";
  }
  return "name the column that is meant: --text COLUMN (or --pair, --label), in a recipe text, pair or label";
}

}  // namespace

std::vector<recipe::Column> columns_asked_for(const recipe::DataSet& set) {
  std::vector<recipe::Column> asked = set.text;
  asked.insert(asked.end(), set.pair.begin(), set.pair.end());
  if (set.label) asked.push_back(*set.label);
  if (set.group) asked.push_back(*set.group);
  return asked;
}

std::string shown(const recipe::Column& column) {
  if (const int* position = std::get_if<int>(&column)) return "column " + std::to_string(*position);
  return "column '" + std::get<std::string>(column) + "'";
}

std::vector<size_t> find_columns(const std::vector<recipe::Column>& asked, const std::vector<std::string>& present,
                                 const std::string& why_no_names, LineFaults& faults) {
  std::vector<size_t> indices;
  for (const recipe::Column& column : asked) {
    if (const int* position = std::get_if<int>(&column)) {
      if (*position >= 1 && *position <= static_cast<int>(present.size())) {
        indices.push_back(static_cast<size_t>(*position - 1));
        continue;
      }
      faults.add_for_file(
          {.what = "has no column " + std::to_string(*position), .allowed = "1 to " + std::to_string(present.size())});
      continue;
    }
    const std::string& name = std::get<std::string>(column);
    if (!why_no_names.empty()) {
      faults.add_for_file({.what = "has no column '" + name + "': " + why_no_names,
                           .allowed = "positions 1 to " + std::to_string(present.size()),
                           .fix = "give the column's position, or set header = true"});
      continue;
    }
    size_t index = 0;
    while (index < present.size() && present[index] != name) ++index;
    if (index == present.size()) {
      faults.add_for_file({.what = "has no column '" + name + "'" + text::did_you_mean(name, present),
                           .allowed = listed(present),
                           .fix = fix_for(present)});
      continue;
    }
    indices.push_back(index);
  }
  return indices;
}

std::string joined_text(const RawTable& raw, size_t first, size_t count, size_t row, LineFaults& faults) {
  std::string joined;
  bool missing = false;
  for (size_t i = first; i < first + count; ++i) {
    const Cell& cell = raw.columns[i][row];
    if (i > first) joined += ' ';
    if (cell) joined += *cell;
    if (!cell) faults.add(raw.lines[row], raw.names[i], {.what = "there is no value"});
    missing = missing || !cell;
  }
  const bool blank = joined.find_first_not_of(" \t\r\n\f\v") == std::string::npos;
  if (!missing && blank) faults.add(raw.lines[row], raw.names[first], {.what = "the text is empty"});
  return joined;
}

}  // namespace engram::data

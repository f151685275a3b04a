// JSON Lines, one object a line. Each line is parsed by itself: Arrow's JSON reader infers types over whole blocks (a
// label "2020-01-01" would come back as a date, a column of 1 and "a" not at all) and stops at the first fault.
#include <set>

#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "data/encoding.hpp"
#include "data/formats.hpp"
#include "data/json_rows.hpp"
#include "data/records.hpp"

namespace engram::data {
namespace {

std::vector<std::string> names_of(const std::vector<recipe::Column>& asked, LineFaults& faults) {
  std::vector<std::string> names;
  for (const recipe::Column& column : asked) {
    if (const auto* name = std::get_if<std::string>(&column)) {
      names.push_back(*name);
    } else {
      faults.add_for_file(
          {.what = "is read as JSON Lines, where " + shown(column) + " has no meaning", .fix = "give the key's name"});
    }
  }
  return names;
}

// A column that no row has is one fault, not one for every row.
void refuse_missing_columns(const std::vector<recipe::Column>& asked, const std::vector<std::string>& keys,
                            LineFaults& faults) {
  LineFaults missing(faults.file());
  find_columns(asked, keys, "", missing);
  missing.raise();
}

}  // namespace

std::optional<Json> json_row(std::string_view line, int64_t number, LineFaults& faults) {
  try {
    Json value = Json::parse(line);
    if (value.is_object()) return value;
    faults.add(number, "",
               {.what = std::string("is no JSON object but ") + value.type_name(), .allowed = "one object a line"});
  } catch (const Json::parse_error& error) {
    // Bytes that are no UTF-8 are a fault of their own, found before.
    if (first_invalid_utf8(line)) return std::nullopt;
    faults.add(number, "byte " + std::to_string(error.byte),
               {.what = "is not valid JSON from here on", .allowed = "one object a line"});
  } catch (const Json::out_of_range&) {
    faults.add(number, "",
               {.what = "holds a number that is too large to be read", .fix = "put it into quotes, as a text"});
  }
  return std::nullopt;
}

Cell json_cell(const Json& value, const std::string& column, int64_t line, LineFaults& faults) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  faults.add(line, column,
             {.what = std::string("holds an ") + value.type_name(), .allowed = "a string, number or boolean"});
  return "?";
}

RawTable read_json_lines(const recipe::DataSet& set, std::string_view bytes, LineFaults& faults) {
  const std::vector<recipe::Column> asked = columns_asked_for(set);
  const std::vector<std::string> names = names_of(asked, faults);
  const Records records = scan_lines(bytes, record_limit(set));
  if (records.list.empty()) faults.add_for_file({.what = "holds no rows"});
  if (names.size() < asked.size() || records.list.empty()) return {};
  if (text::trim(content(bytes, records.list.front())).starts_with('[')) {
    faults.add_for_file(
        {.what = "starts with '[': it is one JSON array, not JSON Lines", .fix = "write one object a line"});
    return {};
  }

  RawTable table;
  table.columns.resize(asked.size());
  for (const recipe::Column& column : asked) table.names.push_back(shown(column));
  std::vector<std::string> keys;
  std::set<std::string> seen;
  for (const Record& record : records.list) {
    interrupt::check();
    const std::optional<Json> object = json_row(content(bytes, record), record.line, faults);
    if (!object) continue;
    for (const auto& [key, value] : object->items()) {
      if (seen.insert(key).second) keys.push_back(key);
    }
    for (size_t i = 0; i < names.size(); ++i) {
      const auto found = object->find(names[i]);
      table.columns[i].push_back(found == object->end() ? std::nullopt
                                                        : json_cell(*found, table.names[i], record.line, faults));
    }
    table.lines.push_back(record.line);
  }
  if (!table.lines.empty()) refuse_missing_columns(asked, keys, faults);
  return table;
}

}  // namespace engram::data

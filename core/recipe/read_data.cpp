#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "recipe/names.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

// Records of callbacks hold these beside the sets, so a set may not take their names.
const std::vector<std::string> kReserved = {"baseline", "step", "epoch", "score"};
const Shape kSets{"table<string, engram.DataSet>",
                  "a table of data sets by name, such as { train = { \"train.csv\", ... } }"};
const Shape kColumn{"string|integer", "a column's name, or its position counted from 1"};
const Shape kColumns{"string|integer|(string|integer)[]", kColumn.allowed + ", or a list of them"};
const Shape kLabelNames{"table<string|integer, string>",
                        "a table from label values to names, or a list of names from value 1 on"};

std::optional<Column> read_column(const Value& value, Faults& faults) {
  if (const std::string* name = value.string(); name != nullptr && !name->empty()) return Column(*name);
  const double* position = value.number();
  if (position != nullptr && *position >= 1 && *position <= 100000 && *position == std::floor(*position)) {
    return Column(static_cast<int>(*position));
  }
  faults.add(value_fault(value, kColumn.allowed));
  return std::nullopt;
}

std::optional<Column> read_column(Section& section, const std::string& key, const About& about) {
  const Value* found = section.value(key, kColumn, about);
  return found == nullptr ? std::nullopt : read_column(*found, section.faults());
}

// One column, or a list of columns that are joined.
void read_columns(Section& section, const std::string& key, std::vector<Column>& target, const About& about,
                  Need need) {
  const Value* found = section.value(key, kColumns, about, need);
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr) {
    if (auto column = read_column(*found, section.faults())) target.push_back(*column);
    return;
  }
  if (mixed->list.empty() || !mixed->table.empty()) {
    section.faults().add(
        fault_at(*found, mixed->list.empty() ? "no column is listed" : "columns have no keys", kColumns.allowed));
  }
  for (const Value& entry : mixed->list) {
    if (auto column = read_column(entry, section.faults())) target.push_back(*column);
  }
}

void read_label_names(Section& section, std::map<std::string, std::string>& target) {
  const Value* found = section.value("label_names", kLabelNames,
                                     {"Names for the label values of the file.",
                                      "label_names = { [0] = \"bad\", [1] = \"good\" }", "the values are the names"});
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr) {
    section.faults().add(value_fault(*found, kLabelNames.allowed));
    return;
  }
  const auto add = [&](const std::string& label, const Value& name) {
    if (const std::string* string = name.string(); string != nullptr && !string->empty()) {
      target[label] = *string;
    } else {
      section.faults().add(value_fault(name, "a label's name as a string"));
    }
  };
  for (size_t i = 0; i < mixed->list.size(); ++i) add(std::to_string(i + 1), mixed->list[i]);
  for (const auto& [label, name] : mixed->table) add(label, name);
}

void read_file_name(Section& section, const Value& value, DataSet& set) {
  const Value* first =
      section.first({"string", "a file's name"},
                    {"The file; a relative path starts at the recipe's folder.", "{ \"news/dev.tsv\", ... }"});
  if (first != nullptr && first->string() != nullptr && !first->string()->empty()) {
    set.file = *first->string();
  } else {
    section.faults().add(fault_at(value, "the file is missing", "the file's name as the first entry",
                                  value.path + " = { \"file.csv\", text = ..., ... }"));
  }
}

void read_use(Section& section, DataSet& set) {
  section.text("task", set.task, {"The task that the labels belong to: a name under tasks.", "task = \"topics\""},
               Need::compulsory);
  section.choice("use", set.use, kUseNames,
                 {"Whether its rows train, are scored, or are there for strategies and probes.", "use = \"evaluate\""},
                 Need::compulsory);
  section.choice(
      "role", set.role, kRoleNames,
      {"Whether an evaluation set measures learning (new) or forgetting (original).", "role = \"original\""});
}

void read_content(Section& section, DataSet& set) {
  section.choice(
      "format", set.format, kFormatNames,
      {"How the file is laid out; label lines: LABEL text on each line, without columns.", "format = \"label lines\""});
  const bool lines = set.format == DataFormat::label_lines;
  read_columns(section, "text", set.text,
               {"The text: one column, or several that are joined by a space. Label lines have none.",
                "text = { \"title\", \"body\" }"},
               lines ? Need::optional : Need::compulsory);
  read_columns(section, "pair", set.pair,
               {"The second text of a sentence pair.", "pair = \"hypothesis\"", "none: single texts"}, Need::optional);
  set.label =
      read_column(section, "label",
                  {"The column of labels.", "label = \"topic\"", "compulsory where use is \"train\" or \"evaluate\""});
  set.group = read_column(section, "group",
                          {"The column that says which part of the set a row belongs to: e.groups of own metrics.",
                           "group = \"author\"", "none: e.groups is nil"});
  read_label_names(section, set.label_names);
}

void read_layout(Section& section, DataSet& set) {
  section.flag("header", set.header,
               {"Whether the first row of CSV and TSV names the columns; without one, columns are positions.",
                "header = false"});
  section.character("delimiter", set.delimiter,
                    {"What stands between the values of a row.", "delimiter = \";\"", "\",\" for CSV, a tab for TSV"});
  section.flag("quoting", set.quoting, {"Whether \" quotes values.", "quoting = false", "true for CSV, false for TSV"});
  section.choice("encoding", set.encoding, kEncodingNames,
                 {"How the characters of the file are written.", "encoding = \"iso-8859-1\""});
  section.character(
      "label_until", set.label_until,
      {"Of a label, only what stands before this character is kept.", "label_until = \":\"", "all of it"});
  section.integer("rows", set.rows, Range::at_least(1),
                  {"Only the first so many rows are read.", "rows = 1000", "all"});
}

bool named(const Column& column) { return std::holds_alternative<std::string>(column); }

// Settings of one set that contradict each other.
void check_set(const Value& value, const DataSet& set, Faults& faults) {
  const bool lines = set.format == DataFormat::label_lines;
  if (!lines && !set.label && set.use != DataUse::strategies && value.find("label") == nullptr) {
    faults.add({value.path + ".label is missing", value.place.text(), kColumn.allowed});
  }
  if (lines && (!set.text.empty() || !set.pair.empty() || set.label || set.group)) {
    faults.add(fault_at(value, "text, pair, label and group name columns, and label lines have none", "",
                        "leave them out, or choose another format"));
  }
  const bool names = std::any_of(set.text.begin(), set.text.end(), named) ||
                     std::any_of(set.pair.begin(), set.pair.end(), named) || (set.label && named(*set.label)) ||
                     (set.group && named(*set.group));
  if (!lines && !set.header && names) {
    faults.add(fault_at(value, "columns are named, and header = false says that the file has no names",
                        "positions counted from 1"));
  }
  if (set.use == DataUse::train && set.role == DataRole::original_task) {
    faults.add(fault_at(value, "role = \"original\" stands on a training set", "it on sets with use = \"evaluate\"",
                        "remove the role; a training set teaches whatever task it names"));
  }
}

void check_name(const Value& value, const std::string& name, Faults& faults) {
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    faults.add(fault_at(value, "this name is taken: scores and stopping rules use it",
                        "any name but " + text::join(kReserved, ", ")));
  } else if (name.find_first_of(".[]") != std::string::npos) {
    faults.add(fault_at(value, "the name holds . or [, with which paths such as new.accuracy are written",
                        "letters, digits, _ and spaces"));
  }
}

DataSet read_set(const std::string& name, const Value& value, Reading& reading) {
  DataSet set;
  set.name = name;
  set.place = value.place;
  check_name(value, name, reading.faults);
  Section section(&value, value.path, reading);
  if (value.table() == nullptr) return set;
  read_file_name(section, value, set);
  read_use(section, set);
  read_content(section, set);
  read_layout(section, set);
  section.finish();
  check_set(value, set, reading.faults);
  return set;
}

}  // namespace

std::vector<DataSet> read_data(Section& top) {
  std::vector<DataSet> result;
  const About about{
      "The data sets by name: their files, columns and use. At least one trains, one evaluates the new "
      "task, and one the original task.",
      "data = { train = { \"train.csv\", text = \"text\", label = \"label\", task = \"questions\", use = "
      "\"train\" } }"};
  for (const auto& [name, value] : top.entries("data", kSets, about, Need::compulsory)) {
    result.push_back(read_set(name, value, top.reading()));
  }
  return result;
}

}  // namespace engram::recipe

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "recipe/names.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

// Records of callbacks hold these beside the sets, so a set may not take their names.
const std::vector<std::string> kReserved = {"baseline", "step", "epoch", "score"};
constexpr const char* kColumn = "a column's name, or its position counted from 1";

std::optional<Column> read_column(const Value& value, Faults& faults) {
  if (const std::string* name = value.string(); name != nullptr && !name->empty()) return Column(*name);
  const double* position = value.number();
  if (position != nullptr && *position >= 1 && *position <= 100000 && *position == std::floor(*position)) {
    return Column(static_cast<int>(*position));
  }
  faults.add(value_fault(value, kColumn));
  return std::nullopt;
}

// One column, or a list of columns that are joined.
void read_columns(Section& section, const std::string& key, std::vector<Column>& target, Need need) {
  const Value* found = section.value(key, need, std::string(kColumn) + ", or a list of them");
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr) {
    if (auto column = read_column(*found, section.faults())) target.push_back(*column);
    return;
  }
  if (mixed->list.empty() || !mixed->table.empty()) {
    section.faults().add(value_fault(*found, std::string(kColumn) + ", or a list of them"));
  }
  for (const Value& entry : mixed->list) {
    if (auto column = read_column(entry, section.faults())) target.push_back(*column);
  }
}

void read_label_names(Section& section, std::map<std::string, std::string>& target) {
  const Value* found = section.value("label_names");
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr) {
    section.faults().add(value_fault(*found, "a table from label values to names, or a list of names from value 1 on"));
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

void read_file_name(const Value& value, DataSet& set, Faults& faults) {
  const Mixed* mixed = value.table();
  const Value* first = mixed == nullptr || mixed->list.empty() ? nullptr : &mixed->list.front();
  if (first != nullptr && first->string() != nullptr && !first->string()->empty()) {
    set.file = *first->string();
  } else if (mixed != nullptr) {
    faults.add(fault_at(value, "the file is missing", "the file's name as the first entry",
                        value.path + " = { \"file.csv\", text = ..., ... }"));
  }
}

void read_layout(Section& section, DataSet& set) {
  section.choice("format", set.format, kFormatNames);
  const bool lines = set.format == DataFormat::label_lines;
  read_columns(section, "text", set.text, lines ? Need::optional : Need::compulsory);
  read_columns(section, "pair", set.pair, Need::optional);
  if (const Value* label = section.value("label")) set.label = read_column(*label, section.faults());
  read_label_names(section, set.label_names);
  section.flag("header", set.header);
  section.character("delimiter", set.delimiter);
  section.flag("quoting", set.quoting);
  section.choice("encoding", set.encoding, kEncodingNames);
  section.character("label_until", set.label_until);
  section.integer("rows", set.rows, Range::at_least(1));
}

bool named(const Column& column) { return std::holds_alternative<std::string>(column); }

// Settings of one set that contradict each other.
void check_set(const Value& value, const DataSet& set, Faults& faults) {
  const bool lines = set.format == DataFormat::label_lines;
  if (!lines && !set.label && set.use != DataUse::strategies && value.find("label") == nullptr) {
    faults.add({value.path + ".label is missing", value.place.text(), kColumn});
  }
  if (lines && (!set.text.empty() || !set.pair.empty() || set.label)) {
    faults.add(fault_at(value, "text, pair and label name columns, and label lines have none", "",
                        "leave them out, or choose another format"));
  }
  const bool names = std::any_of(set.text.begin(), set.text.end(), named) ||
                     std::any_of(set.pair.begin(), set.pair.end(), named) || (set.label && named(*set.label));
  if (!lines && !set.header && names) {
    faults.add(fault_at(value, "columns are named, and header = false says that the file has no names",
                        "positions counted from 1"));
  }
  if (set.use == DataUse::train && set.role == DataRole::original_task) {
    faults.add(fault_at(value, "role = \"original\" stands on a training set", "it on sets with use = \"evaluate\"",
                        "remove the role; a training set teaches whatever task it names"));
  }
}

DataSet read_set(const std::string& name, const Value& value, Faults& faults) {
  DataSet set;
  set.name = name;
  set.place = value.place;
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    faults.add(fault_at(value, "this name is taken: scores and stopping rules use it",
                        "any name but " + text::join(kReserved, ", ")));
  }
  Section section(&value, faults);
  section.accept_unnamed(1);
  if (value.table() == nullptr) return set;
  read_file_name(value, set, faults);
  section.text("task", set.task, Need::compulsory);
  section.choice("use", set.use, kUseNames, Need::compulsory);
  section.choice("role", set.role, kRoleNames);
  read_layout(section, set);
  section.finish();
  check_set(value, set, faults);
  return set;
}

}  // namespace

std::vector<DataSet> read_data(const Value* data, Faults& faults) {
  std::vector<DataSet> result;
  if (data == nullptr) return result;
  if (data->table() == nullptr || !data->table()->list.empty()) {
    faults.add(value_fault(*data, "a table of data sets by name, such as { train = { \"train.csv\", ... } }"));
    return result;
  }
  for (const auto& [name, value] : data->table()->table) result.push_back(read_set(name, value, faults));
  return result;
}

}  // namespace engram::recipe

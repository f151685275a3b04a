#include "recipe/section.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/text.hpp"
#include "recipe/unknown_key.hpp"

namespace engram::recipe {
namespace {

std::string quoted_list(const std::vector<std::string>& names, const std::string& quote, const std::string& separator) {
  std::vector<std::string> parts;
  for (const std::string& name : names) parts.push_back(quote + name + quote);
  return text::join(parts, separator);
}

std::string in_quotes(const std::string& text) { return text.empty() ? text : "\"" + text + "\""; }

template <class Type>
std::string number_text(const std::optional<Type>& number) {
  return number ? text::shortest(static_cast<double>(*number)) : std::string();
}

std::string flag_text(bool flag) { return flag ? "true" : "false"; }

// An entry that is not there, for readers that describe what they would read.
Value placeholder(const std::string& path) {
  Value value;
  value.data = std::make_shared<Mixed>();
  value.path = path;
  return value;
}

}  // namespace

std::string quoted(const Value& value) {
  if (const double* number = value.number()) return text::shortest(*number);
  if (const std::string* string = value.string()) return "'" + *string + "'";
  if (const bool* flag = value.boolean()) return flag_text(*flag);
  return value.type_name();
}

Fault value_fault(const Value& value, std::string allowed, std::string fix) {
  return {value.path + " is " + quoted(value), value.place.text(), std::move(allowed), std::move(fix)};
}

Fault fault_at(const Value& value, std::string what, std::string allowed, std::string fix) {
  return {value.path + ": " + what, value.place.text(), std::move(allowed), std::move(fix)};
}

Section::Section(const Value* table, std::string path, Reading& reading) : path_(std::move(path)), reading_(reading) {
  if (table == nullptr) return;
  if (table->table() == nullptr) {
    faults().add(value_fault(*table, "a table"));
    return;
  }
  table_ = table;
}

void Section::record(const std::string& path, const Shape& shape, const std::string& standard, const About& about,
                     Need need) {
  if (!reading_.describes()) return;
  const bool compulsory = need == Need::compulsory;
  const std::string absent = about.absent.empty() ? standard : about.absent;
  reading_.keys->push_back(
      {path, shape.type, shape.allowed, compulsory ? "" : absent, compulsory, about.text, about.example});
}

const Value* Section::find(const std::string& key, const Shape& shape, const std::string& standard, const About& about,
                           Need need) {
  known_.push_back(key);
  record(path_of(key), shape, standard, about, need);
  const Value* found = table_ == nullptr ? nullptr : table_->find(key);
  if (found == nullptr && need == Need::compulsory) {
    faults().add({path_of(key) + " is missing", table_ == nullptr ? "" : table_->place.text(), shape.allowed});
  }
  return found;
}

const Value* Section::value(const std::string& key, const Shape& shape, const About& about, Need need) {
  return find(key, shape, "", about, need);
}

const Value* Section::first(const Shape& shape, const About& about) {
  unnamed_ = 1;
  record(path_ + "[1]", shape, "", about, Need::compulsory);
  const bool there = table_ != nullptr && !table_->table()->list.empty();
  return there ? &table_->table()->list.front() : nullptr;
}

Table Section::entries(const std::string& key, const Shape& shape, const About& about, Need need) {
  const Value* found = find(key, shape, "", about, need);
  if (reading_.describes()) return {{"<name>", placeholder(path_of(key) + ".<name>")}};
  if (found == nullptr) return {};
  if (found->table() != nullptr && found->table()->list.empty()) return found->table()->table;
  faults().add(value_fault(*found, shape.allowed));
  return {};
}

std::optional<double> Section::checked_number(const std::string& key, const Range& range, const std::string& standard,
                                              const About& about, Need need) {
  const Shape shape{"number", "a number " + range.text()};
  const Value* found = find(key, shape, standard, about, need);
  if (found == nullptr) return std::nullopt;
  const double* number = found->number();
  if (number != nullptr && range.holds(*number)) return *number;
  faults().add(value_fault(*found, shape.allowed));
  return std::nullopt;
}

std::optional<int64_t> Section::checked_integer(const std::string& key, const Range& range, const std::string& standard,
                                                const About& about) {
  const Shape shape{"integer", "a whole number " + range.text()};
  const Value* found = find(key, shape, standard, about, Need::optional);
  if (found == nullptr) return std::nullopt;
  const double* number = found->number();
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a Lua number skips integers
  const bool whole = number != nullptr && range.holds(*number) && *number == std::floor(*number);
  if (whole && std::abs(*number) <= kExact) return static_cast<int64_t>(*number);
  faults().add(value_fault(*found, shape.allowed));
  return std::nullopt;
}

std::optional<bool> Section::checked_flag(const std::string& key, const std::string& standard, const About& about) {
  const Shape shape{"boolean", "true or false"};
  const Value* found = find(key, shape, standard, about, Need::optional);
  if (found == nullptr) return std::nullopt;
  if (const bool* flag = found->boolean()) return *flag;
  faults().add(value_fault(*found, shape.allowed));
  return std::nullopt;
}

void Section::number(const std::string& key, double& target, const Range& range, const About& about, Need need) {
  if (const auto number = checked_number(key, range, text::shortest(target), about, need)) target = *number;
}

void Section::number(const std::string& key, std::optional<double>& target, const Range& range, const About& about) {
  if (const auto number = checked_number(key, range, number_text(target), about, Need::optional)) target = number;
}

void Section::integer(const std::string& key, int64_t& target, const Range& range, const About& about) {
  if (const auto number = checked_integer(key, range, std::to_string(target), about)) target = *number;
}

void Section::integer(const std::string& key, std::optional<int64_t>& target, const Range& range, const About& about) {
  if (const auto number = checked_integer(key, range, number_text(target), about)) target = number;
}

void Section::flag(const std::string& key, bool& target, const About& about) {
  if (const auto flag = checked_flag(key, flag_text(target), about)) target = *flag;
}

void Section::flag(const std::string& key, std::optional<bool>& target, const About& about) {
  if (const auto flag = checked_flag(key, target ? flag_text(*target) : "", about)) target = flag;
}

void Section::text(const std::string& key, std::string& target, const About& about, Need need) {
  const Shape shape{"string", "a string that is not empty"};
  const Value* found = find(key, shape, in_quotes(target), about, need);
  if (found == nullptr) return;
  const std::string* string = found->string();
  if (string != nullptr && !string->empty()) {
    target = *string;
  } else {
    faults().add(value_fault(*found, shape.allowed));
  }
}

void Section::character(const std::string& key, std::optional<char>& target, const About& about) {
  const Shape shape{"string", "a string of one character"};
  const Value* found = find(key, shape, target ? in_quotes(std::string(1, *target)) : "", about, Need::optional);
  if (found == nullptr) return;
  const std::string* string = found->string();
  if (string != nullptr && string->size() == 1) {
    target = string->front();
  } else {
    faults().add(value_fault(*found, shape.allowed));
  }
}

void Section::strings(const std::string& key, std::vector<std::string>& target, const About& about) {
  const Shape shape{"string[]", "a list of strings"};
  const Value* found = find(key, shape, "", about, Need::optional);
  if (found == nullptr) return;
  const Mixed* mixed = found->table();
  if (mixed == nullptr || !mixed->table.empty()) return faults().add(value_fault(*found, shape.allowed));
  for (const Value& entry : mixed->list) {
    if (const std::string* string = entry.string()) {
      target.push_back(*string);
    } else {
      faults().add(value_fault(entry, "a string"));
    }
  }
}

std::optional<size_t> Section::choice_index(const std::string& key, const std::vector<std::string>& names,
                                            const std::string& standard, const About& about, Need need) {
  const Shape shape{quoted_list(names, "\"", "|"), quoted_list(names, "'", ", ")};
  const Value* found = find(key, shape, in_quotes(standard), about, need);
  if (found == nullptr) return std::nullopt;
  const std::string* string = found->string();
  const auto at = string == nullptr ? names.end() : std::find(names.begin(), names.end(), *string);
  if (at != names.end()) return static_cast<size_t>(at - names.begin());
  Fault fault = value_fault(*found, shape.allowed);
  if (string != nullptr) fault.what += text::did_you_mean(*string, names);
  faults().add(std::move(fault));
  return std::nullopt;
}

void Section::finish() {
  if (table_ == nullptr || reading_.describes()) return;
  for (const auto& [key, value] : table_->table()->table) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    faults().add(unknown_key(path_, key, known_, value.place));
  }
  const List& list = table_->table()->list;
  for (size_t i = unnamed_; i < list.size(); ++i) {
    faults().add({list[i].path + " has no name: every entry here is written as key = value", list[i].place.text(),
                  text::join(known_, ", ")});
  }
}

}  // namespace engram::recipe

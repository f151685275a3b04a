#include "recipe/section.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace engram::recipe {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string& name : names) parts.push_back("'" + name + "'");
  return text::join(parts, ", ");
}

}  // namespace

Range Range::at_least(double least) {
  Range range;
  range.least_ = least;
  return range;
}

Range Range::above(double bound) {
  Range range = at_least(bound);
  range.least_open_ = true;
  return range;
}

Range Range::between(double least, double most) {
  Range range = at_least(least);
  range.most_ = most;
  return range;
}

Range Range::from_to_below(double least, double bound) {
  Range range = between(least, bound);
  range.most_open_ = true;
  return range;
}

bool Range::holds(double number) const {
  if (!std::isfinite(number)) return false;
  const bool low = least_open_ ? number > least_ : number >= least_;
  const bool high = most_open_ ? number < most_ : number <= most_;
  return low && high;
}

std::string Range::text() const {
  const bool low = std::isfinite(least_);
  const bool high = std::isfinite(most_);
  if (low && high) {
    return "from " + text::shortest(least_) + (most_open_ ? " to below " : " to ") + text::shortest(most_);
  }
  if (low) return (least_open_ ? "above " : "at least ") + text::shortest(least_);
  return "finite";
}

std::string quoted(const Value& value) {
  if (const double* number = value.number()) return text::shortest(*number);
  if (const std::string* string = value.string()) return "'" + *string + "'";
  if (const bool* flag = value.boolean()) return *flag ? "true" : "false";
  return value.type_name();
}

Fault value_fault(const Value& value, std::string allowed, std::string fix) {
  return {value.path + " is " + quoted(value), value.place.text(), std::move(allowed), std::move(fix)};
}

Fault fault_at(const Value& value, std::string what, std::string allowed, std::string fix) {
  return {value.path + ": " + what, value.place.text(), std::move(allowed), std::move(fix)};
}

Section::Section(const Value* table, std::string path, Faults& faults) : path_(std::move(path)), faults_(faults) {
  if (table == nullptr) return;
  if (table->table() == nullptr) {
    faults_.add(value_fault(*table, "a table"));
    return;
  }
  table_ = table;
}

const Value* Section::value(const std::string& key, Need need, const std::string& allowed) {
  known_.push_back(key);
  const Value* found = table_ == nullptr ? nullptr : table_->find(key);
  if (found == nullptr && need == Need::compulsory) {
    faults_.add({path_of(key) + " is missing", table_ == nullptr ? "" : table_->place.text(), allowed});
  }
  return found;
}

std::optional<double> Section::checked_number(const std::string& key, const Range& range, Need need) {
  const std::string allowed = "a number " + range.text();
  const Value* found = value(key, need, allowed);
  if (found == nullptr) return std::nullopt;
  const double* number = found->number();
  if (number != nullptr && range.holds(*number)) return *number;
  faults_.add(value_fault(*found, allowed));
  return std::nullopt;
}

std::optional<int64_t> Section::checked_integer(const std::string& key, const Range& range) {
  const Value* found = value(key);
  if (found == nullptr) return std::nullopt;
  const double* number = found->number();
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a Lua number skips integers
  const bool whole = number != nullptr && range.holds(*number) && *number == std::floor(*number);
  if (whole && std::abs(*number) <= kExact) return static_cast<int64_t>(*number);
  faults_.add(value_fault(*found, "a whole number " + range.text()));
  return std::nullopt;
}

std::optional<bool> Section::checked_flag(const std::string& key) {
  const Value* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (const bool* flag = found->boolean()) return *flag;
  faults_.add(value_fault(*found, "true or false"));
  return std::nullopt;
}

void Section::number(const std::string& key, double& target, const Range& range, Need need) {
  if (const auto number = checked_number(key, range, need)) target = *number;
}

void Section::number(const std::string& key, std::optional<double>& target, const Range& range) {
  if (const auto number = checked_number(key, range, Need::optional)) target = number;
}

void Section::integer(const std::string& key, int64_t& target, const Range& range) {
  if (const auto number = checked_integer(key, range)) target = *number;
}

void Section::integer(const std::string& key, std::optional<int64_t>& target, const Range& range) {
  if (const auto number = checked_integer(key, range)) target = number;
}

void Section::flag(const std::string& key, bool& target) {
  if (const auto flag = checked_flag(key)) target = *flag;
}

void Section::flag(const std::string& key, std::optional<bool>& target) {
  if (const auto flag = checked_flag(key)) target = flag;
}

void Section::text(const std::string& key, std::string& target, Need need) {
  const Value* found = value(key, need, "a string");
  if (found == nullptr) return;
  const std::string* string = found->string();
  if (string != nullptr && !string->empty()) {
    target = *string;
  } else {
    faults_.add(value_fault(*found, "a string that is not empty"));
  }
}

void Section::character(const std::string& key, std::optional<char>& target) {
  const Value* found = value(key);
  if (found == nullptr) return;
  const std::string* string = found->string();
  if (string != nullptr && string->size() == 1) {
    target = string->front();
  } else {
    faults_.add(value_fault(*found, "a string of one character"));
  }
}

void Section::strings(const std::string& key, std::vector<std::string>& target) {
  const Value* found = value(key);
  if (found == nullptr) return;
  const std::string allowed = "a list of strings";
  const Mixed* mixed = found->table();
  if (mixed == nullptr || !mixed->table.empty()) return faults_.add(value_fault(*found, allowed));
  for (const Value& entry : mixed->list) {
    if (const std::string* string = entry.string()) {
      target.push_back(*string);
    } else {
      faults_.add(value_fault(entry, "a string"));
    }
  }
}

std::optional<size_t> Section::choice_index(const std::string& key, const std::vector<std::string>& names, Need need) {
  const std::string allowed = quoted_list(names);
  const Value* found = value(key, need, allowed);
  if (found == nullptr) return std::nullopt;
  const std::string* string = found->string();
  const auto at = string == nullptr ? names.end() : std::find(names.begin(), names.end(), *string);
  if (at != names.end()) return static_cast<size_t>(at - names.begin());
  Fault fault = value_fault(*found, allowed);
  if (string != nullptr) fault.what += text::did_you_mean(*string, names);
  faults_.add(std::move(fault));
  return std::nullopt;
}

void Section::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : table_->table()->table) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    faults_.add({"unknown key " + path_of(key) + text::did_you_mean(key, known_), value.place.text(),
                 text::join(known_, ", ")});
  }
  const List& list = table_->table()->list;
  for (size_t i = unnamed_; i < list.size(); ++i) {
    faults_.add({list[i].path + " has no name: every entry here is written as key = value", list[i].place.text(),
                 text::join(known_, ", ")});
  }
}

}  // namespace engram::recipe

// One table of a recipe, read key by key: each call names a key, its type and what is allowed, and keeps the default
// that already stands in the target. finish() then refuses every key that no call has named.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "recipe/value.hpp"

namespace engram::recipe {

enum class Need { optional, compulsory };

// What a number may be, and how error texts say it.
class Range {
 public:
  static Range any() { return Range(); }
  static Range at_least(double least);
  static Range above(double bound);
  static Range between(double least, double most);         // both ends allowed
  static Range from_to_below(double least, double bound);  // least allowed, bound not

  bool holds(double number) const;
  std::string text() const;  // "at least 1", "above 0", "from 0 to 1"

 private:
  double least_ = -std::numeric_limits<double>::infinity();
  double most_ = std::numeric_limits<double>::infinity();
  bool least_open_ = false;
  bool most_open_ = false;
};

// A value as error texts quote it: 3, 'text', true, or "a table".
std::string quoted(const Value& value);
// "path is X" with the place of the value.
Fault value_fault(const Value& value, std::string allowed, std::string fix = {});
// "path: what" with the place of the value.
Fault fault_at(const Value& value, std::string what, std::string allowed = {}, std::string fix = {});

class Section {
 public:
  // `table` nullptr: an absent section, in which every key has its default. Not a table: one fault.
  Section(const Value* table, Faults& faults) : Section(table, table == nullptr ? "" : table->path, faults) {}
  Section(const Value* table, std::string path, Faults& faults);

  // Names the key as known and returns its value, or nullptr when absent (with a fault when it is compulsory).
  const Value* value(const std::string& key, Need need = Need::optional, const std::string& allowed = "");

  void number(const std::string& key, double& target, const Range& range, Need need = Need::optional);
  void number(const std::string& key, std::optional<double>& target, const Range& range);
  void integer(const std::string& key, int64_t& target, const Range& range);
  void integer(const std::string& key, std::optional<int64_t>& target, const Range& range);
  void flag(const std::string& key, bool& target);
  void flag(const std::string& key, std::optional<bool>& target);
  void text(const std::string& key, std::string& target, Need need = Need::optional);
  void character(const std::string& key, std::optional<char>& target);
  void strings(const std::string& key, std::vector<std::string>& target);

  template <class Enum>
  void choice(const std::string& key, Enum& target, const std::vector<std::pair<std::string, Enum>>& choices,
              Need need = Need::optional) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : choices) names.push_back(name);
    const std::optional<size_t> index = choice_index(key, names, need);
    if (index) target = choices[*index].second;
  }

  // The number of unnamed entries that finish() accepts (`{ "file.csv", text = ... }` has one).
  void accept_unnamed(size_t count) { unnamed_ = count; }
  // Refuses every key not named so far, and unnamed entries beyond those accepted.
  void finish();

  Faults& faults() { return faults_; }
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

 private:
  std::optional<size_t> choice_index(const std::string& key, const std::vector<std::string>& names, Need need);
  std::optional<double> checked_number(const std::string& key, const Range& range, Need need);
  std::optional<int64_t> checked_integer(const std::string& key, const Range& range);
  std::optional<bool> checked_flag(const std::string& key);

  const Value* table_ = nullptr;
  std::string path_;
  Faults& faults_;
  std::vector<std::string> known_;
  size_t unnamed_ = 0;
};

}  // namespace engram::recipe

// One table of a recipe, read key by key: each call names a key, what is allowed and what it means, and keeps the
// default that already stands in the target. finish() then refuses every key that no call has named. When a Reading
// describes, there is no table, and each call records its key instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "recipe/keys.hpp"
#include "recipe/range.hpp"
#include "recipe/value.hpp"

namespace engram::recipe {

enum class Need { optional, compulsory };

// What may stand at a key that its reader checks by itself.
struct Shape {
  std::string type;     // as LuaCATS writes it
  std::string allowed;  // as error texts say it
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
  Section(const Value* table, std::string path, Reading& reading);

  // Names the key as known and returns its value, or nullptr when absent (with a fault when it is compulsory).
  const Value* value(const std::string& key, const Shape& shape, const About& about, Need need = Need::optional);
  // The same for the entry without a name that a table may start with: `{ "file.csv", text = ... }`.
  const Value* first(const Shape& shape, const About& about);
  // The entries of a table by name; where keys are described, one entry "<name>" that stands for all.
  Table entries(const std::string& key, const Shape& shape, const About& about, Need need = Need::optional);

  void number(const std::string& key, double& target, const Range& range, const About& about,
              Need need = Need::optional);
  void number(const std::string& key, std::optional<double>& target, const Range& range, const About& about);
  void integer(const std::string& key, int64_t& target, const Range& range, const About& about);
  void integer(const std::string& key, std::optional<int64_t>& target, const Range& range, const About& about);
  void flag(const std::string& key, bool& target, const About& about);
  void flag(const std::string& key, std::optional<bool>& target, const About& about);
  void text(const std::string& key, std::string& target, const About& about, Need need = Need::optional);
  void character(const std::string& key, std::optional<char>& target, const About& about);
  void strings(const std::string& key, std::vector<std::string>& target, const About& about);

  template <class Enum>
  void choice(const std::string& key, Enum& target, const std::vector<std::pair<std::string, Enum>>& choices,
              const About& about, Need need = Need::optional) {
    std::vector<std::string> names;
    std::string standard;
    for (const auto& [name, entry] : choices) {
      names.push_back(name);
      if (entry == target) standard = name;
    }
    const std::optional<size_t> index = choice_index(key, names, standard, about, need);
    if (index) target = choices[*index].second;
  }

  // Refuses every key not named so far, and entries without a name beyond those read.
  void finish();

  Reading& reading() { return reading_; }
  Faults& faults() { return reading_.faults; }

 private:
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  // What `value` records: the default of the target as a recipe writes it.
  const Value* find(const std::string& key, const Shape& shape, const std::string& standard, const About& about,
                    Need need);
  void record(const std::string& path, const Shape& shape, const std::string& standard, const About& about, Need need);
  std::optional<size_t> choice_index(const std::string& key, const std::vector<std::string>& names,
                                     const std::string& standard, const About& about, Need need);
  std::optional<double> checked_number(const std::string& key, const Range& range, const std::string& standard,
                                       const About& about, Need need);
  std::optional<int64_t> checked_integer(const std::string& key, const Range& range, const std::string& standard,
                                         const About& about);
  std::optional<bool> checked_flag(const std::string& key, const std::string& standard, const About& about);

  const Value* table_ = nullptr;
  std::string path_;
  Reading& reading_;
  std::vector<std::string> known_;
  size_t unnamed_ = 0;
};

}  // namespace engram::recipe

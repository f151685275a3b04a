#include "strategy/settings_check.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "recipe/unknown_key.hpp"

namespace engram::strategy {
namespace {

using sdk::SettingKind;

std::string kind_name(SettingKind kind) {
  switch (kind) {
    case SettingKind::boolean: return "true or false";
    case SettingKind::integer: return "a whole number";
    case SettingKind::number: return "a number";
    case SettingKind::string: return "a string";
    case SettingKind::strings: return "a list of strings or one string";
    case SettingKind::integers: return "a list of whole numbers";
    case SettingKind::numbers: return "a list of numbers";
    case SettingKind::numbers_by_name: return "a table of numbers by name";
  }
  return "";
}

std::optional<int64_t> whole_number(const recipe::Value& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it, doubles skip whole numbers
  const double* number = value.number();
  if (number == nullptr || std::trunc(*number) != *number || std::fabs(*number) > kExact) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<double> any_number(const recipe::Value& value) {
  return value.number() == nullptr ? std::nullopt : std::optional<double>(*value.number());
}

std::optional<std::string> any_string(const recipe::Value& value) {
  return value.string() == nullptr ? std::nullopt : std::optional<std::string>(*value.string());
}

// A list whose every entry `read` accepts.
template <class Entry>
std::optional<sdk::Setting> list_of(const recipe::Value& value, std::optional<Entry> (*read)(const recipe::Value&)) {
  const recipe::Mixed* table = value.table();
  if (table == nullptr || !table->table.empty()) return std::nullopt;
  std::vector<Entry> list;
  for (const recipe::Value& entry : table->list) {
    const std::optional<Entry> read_entry = read(entry);
    if (!read_entry) return std::nullopt;
    list.push_back(*read_entry);
  }
  return list;
}

std::optional<sdk::Setting> numbers_by_name(const recipe::Value& value) {
  const recipe::Mixed* table = value.table();
  if (table == nullptr || !table->list.empty()) return std::nullopt;
  std::map<std::string, double> numbers;
  for (const auto& [name, entry] : table->table) {
    if (entry.number() == nullptr) return std::nullopt;
    numbers[name] = *entry.number();
  }
  return numbers;
}

template <class Entry>
std::optional<sdk::Setting> one(const std::optional<Entry>& entry) {
  return entry ? std::optional<sdk::Setting>(*entry) : std::nullopt;
}

// The value in the declared kind; empty when it is of another.
std::optional<sdk::Setting> converted(const recipe::Value& value, SettingKind kind) {
  switch (kind) {
    case SettingKind::boolean: return value.boolean() ? std::optional<sdk::Setting>(*value.boolean()) : std::nullopt;
    case SettingKind::integer: return one(whole_number(value));
    case SettingKind::number: return one(any_number(value));
    case SettingKind::string: return one(any_string(value));
    case SettingKind::strings: return value.string() ? one(any_string(value)) : list_of(value, any_string);
    case SettingKind::integers: return list_of(value, whole_number);
    case SettingKind::numbers: return list_of(value, any_number);
    case SettingKind::numbers_by_name: return numbers_by_name(value);
  }
  return std::nullopt;
}

bool in_range(const sdk::ParameterSpec& spec, double value) {
  if (!std::isfinite(value)) return false;
  const bool enough = spec.open_below ? value > spec.least : value >= spec.least;
  const bool small_enough = spec.open_above ? value < spec.most : value <= spec.most;
  return enough && small_enough;
}

// The numbers of a setting: one, or those of a list or table.
std::vector<double> numbers_of(const sdk::Setting& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return {static_cast<double>(*whole)};
  if (const auto* number = std::get_if<double>(&value)) return {*number};
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) return {list->begin(), list->end()};
  if (const auto* list = std::get_if<std::vector<double>>(&value)) return *list;
  std::vector<double> numbers;
  if (const auto* table = std::get_if<std::map<std::string, double>>(&value)) {
    for (const auto& [name, number] : *table) numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::string> words_of(const sdk::Setting& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return {*text};
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list == nullptr ? std::vector<std::string>{} : *list;
}

bool allowed(const sdk::ParameterSpec& spec, const sdk::Setting& value) {
  const std::vector<double> numbers = numbers_of(value);
  const std::vector<std::string> words = words_of(value);
  const auto known = [&](const std::string& word) {
    return spec.choices.empty() || std::find(spec.choices.begin(), spec.choices.end(), word) != spec.choices.end();
  };
  return std::all_of(numbers.begin(), numbers.end(), [&](double number) { return in_range(spec, number); }) &&
         std::all_of(words.begin(), words.end(), known);
}

std::string quoted(const std::string& word) { return "\"" + word + "\""; }

std::string where(const recipe::Value& value, const recipe::StrategyEntry& entry) {
  return value.place.line > 0 || !value.place.file.empty() ? value.place.text() : entry.place.text();
}

std::string value_text(const recipe::Value& value) {
  if (value.number() != nullptr) return text::shortest(*value.number());
  return value.type_name();
}

// The parameter's sentence as the end of another one.
std::string clause(const sdk::ParameterSpec& spec) {
  std::string text = spec.text.substr(0, spec.text.find_last_not_of('.') + 1);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text.empty() ? "" : ": " + text;
}

bool is_empty_string(const sdk::Setting& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty();
}

void refuse_missing(const recipe::StrategyEntry& entry, const sdk::StrategyDescription& strategy, Faults& faults) {
  for (const sdk::ParameterSpec& spec : strategy.schema.parameters) {
    const auto is_it = [&](const auto& option) { return option.first == spec.name; };
    const bool given = std::any_of(entry.options.begin(), entry.options.end(), is_it);
    if (given || spec.presence != sdk::Presence::required) continue;
    const std::string range = allowed_values(spec);
    faults.add({"strategy '" + strategy.id + "' needs the option '" + spec.name + "'", entry.place.text(),
                kind_name(spec.kind) + (range.empty() ? "" : ", " + range), "set " + spec.name + clause(spec)});
  }
}

}  // namespace

std::string allowed_values(const sdk::ParameterSpec& spec) {
  if (!spec.choices.empty()) {
    std::vector<std::string> choices;
    for (const std::string& choice : spec.choices) choices.push_back("'" + choice + "'");
    return text::join(choices, ", ");
  }
  const bool below = std::isfinite(spec.least), above = std::isfinite(spec.most);
  const std::string least = text::shortest(spec.least), most = text::shortest(spec.most);
  if (below && above && !spec.open_below && !spec.open_above) return least + " to " + most;
  std::string words;
  if (below) words = (spec.open_below ? "greater than " : "at least ") + least;
  if (above) words += (words.empty() ? "" : " and ") + std::string(spec.open_above ? "less than " : "at most ") + most;
  return words;
}

std::string setting_text(const sdk::Setting& value) {
  if (std::holds_alternative<std::monostate>(value)) return "nil";
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return text::shortest(*number);
  if (const auto* word = std::get_if<std::string>(&value)) return quoted(*word);
  std::vector<std::string> entries;
  if (const auto* words = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& word : *words) entries.push_back(quoted(word));
  } else if (const auto* wholes = std::get_if<std::vector<int64_t>>(&value)) {
    for (const int64_t whole : *wholes) entries.push_back(std::to_string(whole));
  } else if (const auto* table = std::get_if<std::map<std::string, double>>(&value)) {
    for (const auto& [name, number] : *table) entries.push_back("[" + quoted(name) + "] = " + text::shortest(number));
  } else {
    for (const double number : numbers_of(value)) entries.push_back(text::shortest(number));
  }
  return entries.empty() ? "{}" : "{ " + text::join(entries, ", ") + " }";
}

sdk::Settings check_settings(const recipe::StrategyEntry& entry, const sdk::StrategyDescription& strategy,
                             Faults& faults) {
  std::map<std::string, sdk::Setting> values;
  std::vector<std::string> names;
  for (const sdk::ParameterSpec& spec : strategy.schema.parameters) {
    values[spec.name] = spec.fallback;
    names.push_back(spec.name);
  }
  for (const auto& [name, value] : entry.options) {
    const auto spec = std::find_if(strategy.schema.parameters.begin(), strategy.schema.parameters.end(),
                                   [&name = name](const sdk::ParameterSpec& s) { return s.name == name; });
    if (spec == strategy.schema.parameters.end()) {
      const std::string fix = recipe::foreign_option_fix(name, names);
      const std::string near = fix.empty() ? text::did_you_mean(name, names) : "";
      faults.add({"strategy '" + strategy.id + "' has no option '" + name + "'" + near, where(value, entry),
                  text::join(names, ", "), fix});
      continue;
    }
    const std::string full = strategy.id + "." + name;
    const std::optional<sdk::Setting> setting = converted(value, spec->kind);
    if (!setting) {
      faults.add({full + " must be " + kind_name(spec->kind) + ", not " + value_text(value), where(value, entry),
                  allowed_values(*spec)});
    } else if (!allowed(*spec, *setting)) {
      faults.add({full + " is " + setting_text(*setting), where(value, entry), allowed_values(*spec)});
    } else if (spec->presence == sdk::Presence::required && is_empty_string(*setting)) {
      faults.add({full + " is \"\"", where(value, entry), "a string that is not empty", "set " + name + clause(*spec)});
    } else {
      values[name] = *setting;
    }
  }
  refuse_missing(entry, strategy, faults);
  return sdk::Settings(std::move(values));
}

}  // namespace engram::strategy

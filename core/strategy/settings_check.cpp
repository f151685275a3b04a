#include "strategy/settings_check.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include "base/text.hpp"

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
  }
  return "";
}

std::optional<sdk::Setting> whole_number(const recipe::Value& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it, doubles skip whole numbers
  const double* number = value.number();
  if (number == nullptr || std::trunc(*number) != *number || std::fabs(*number) > kExact) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<sdk::Setting> string_list(const recipe::Value& value) {
  if (value.string() != nullptr) return *value.string();
  const recipe::Mixed* table = value.table();
  if (table == nullptr || !table->table.empty()) return std::nullopt;
  std::vector<std::string> list;
  for (const recipe::Value& entry : table->list) {
    if (entry.string() == nullptr) return std::nullopt;
    list.push_back(*entry.string());
  }
  return list;
}

// The value in the declared kind; empty when it is of another.
std::optional<sdk::Setting> converted(const recipe::Value& value, SettingKind kind) {
  switch (kind) {
    case SettingKind::boolean: return value.boolean() ? std::optional<sdk::Setting>(*value.boolean()) : std::nullopt;
    case SettingKind::integer: return whole_number(value);
    case SettingKind::number: return value.number() ? std::optional<sdk::Setting>(*value.number()) : std::nullopt;
    case SettingKind::string: return value.string() ? std::optional<sdk::Setting>(*value.string()) : std::nullopt;
    case SettingKind::strings: return string_list(value);
  }
  return std::nullopt;
}

bool in_range(const sdk::ParameterSpec& spec, double value) {
  if (!std::isfinite(value)) return false;
  const bool enough = spec.open_below ? value > spec.least : value >= spec.least;
  const bool small_enough = spec.open_above ? value < spec.most : value <= spec.most;
  return enough && small_enough;
}

bool allowed(const sdk::ParameterSpec& spec, const sdk::Setting& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return in_range(spec, static_cast<double>(*whole));
  if (const auto* number = std::get_if<double>(&value)) return in_range(spec, *number);
  if (spec.choices.empty()) return true;
  const auto known = [&](const std::string& text) {
    return std::find(spec.choices.begin(), spec.choices.end(), text) != spec.choices.end();
  };
  if (const auto* text = std::get_if<std::string>(&value)) return known(*text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return std::all_of(list->begin(), list->end(), known);
  }
  return true;
}

std::string where(const recipe::Value& value, const recipe::StrategyEntry& entry) {
  return value.place.line > 0 || !value.place.file.empty() ? value.place.text() : entry.place.text();
}

std::string value_text(const recipe::Value& value) {
  if (value.number() != nullptr) return text::shortest(*value.number());
  return value.type_name();
}

}  // namespace

std::string allowed_values(const sdk::ParameterSpec& spec) {
  if (!spec.choices.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& choice : spec.choices) quoted.push_back("'" + choice + "'");
    return text::join(quoted, ", ");
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
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return text::shortest(*number);
  if (const auto* word = std::get_if<std::string>(&value)) return "\"" + *word + "\"";
  std::vector<std::string> quoted;
  for (const std::string& word : std::get<std::vector<std::string>>(value)) quoted.push_back("\"" + word + "\"");
  return quoted.empty() ? "{}" : "{ " + text::join(quoted, ", ") + " }";
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
      faults.add({"strategy '" + strategy.id + "' has no option '" + name + "'" + text::did_you_mean(name, names),
                  where(value, entry), text::join(names, ", ")});
      continue;
    }
    const std::string full = strategy.id + "." + name;
    const std::optional<sdk::Setting> setting = converted(value, spec->kind);
    if (!setting) {
      faults.add({full + " must be " + kind_name(spec->kind) + ", not " + value_text(value), where(value, entry),
                  allowed_values(*spec)});
    } else if (!allowed(*spec, *setting)) {
      faults.add({full + " is " + setting_text(*setting), where(value, entry), allowed_values(*spec)});
    } else {
      values[name] = *setting;
    }
  }
  return sdk::Settings(std::move(values));
}

}  // namespace engram::strategy

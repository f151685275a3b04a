#include "cli/plugin_docs.hpp"

#include "base/text.hpp"
#include "cli/markdown.hpp"
#include "strategy/settings_check.hpp"

namespace engram::cli {
namespace {

using sdk::SettingKind;

std::vector<std::string> row(const sdk::ParameterSpec& parameter) {
  const bool has_default = parameter.presence == sdk::Presence::defaulted;
  const std::string allowed = strategy::allowed_values(parameter);
  const std::string fallback = default_text(parameter);
  return {code(parameter.name), kind_text(parameter.kind) + (allowed.empty() ? "" : ": " + allowed),
          has_default ? code(fallback) : fallback, parameter.text};
}

std::string section(const sdk::StrategyDescription& strategy, const std::string& pages) {
  std::string text = "## " + strategy.id + "\n\n" + strategy.schema.doc + "\n";
  if (!pages.empty()) text += "[Formula, paper, examples](" + text::replaced(pages, "*", strategy.id) + ").\n";
  if (strategy.schema.parameters.empty()) return text + "\nIt has no options.\n";
  std::vector<std::vector<std::string>> rows;
  for (const sdk::ParameterSpec& parameter : strategy.schema.parameters) rows.push_back(row(parameter));
  return text + "\n" + markdown_table({"option", "values", "default", "meaning"}, rows);
}

std::string choice_type(const sdk::ParameterSpec& parameter) {
  std::vector<std::string> quoted;
  for (const std::string& choice : parameter.choices) quoted.push_back("\"" + choice + "\"");
  return quoted.empty() ? "string" : text::join(quoted, "|");
}

std::string lua_type(const sdk::ParameterSpec& parameter) {
  switch (parameter.kind) {
    case SettingKind::boolean: return "boolean";
    case SettingKind::integer: return "integer";
    case SettingKind::number: return "number";
    case SettingKind::string: return choice_type(parameter);
    case SettingKind::strings: {
      const std::string one = choice_type(parameter);
      return (parameter.choices.empty() ? one : "(" + one + ")") + "[]|" + one;
    }
    case SettingKind::integers: return "integer[]";
    case SettingKind::numbers: return "number[]";
    case SettingKind::numbers_by_name: return "table<string, number>";
  }
  return "any";
}

std::string lua_field(const sdk::ParameterSpec& parameter) {
  const bool needed = parameter.presence == sdk::Presence::required;
  std::string facts = parameter.choices.empty() ? strategy::allowed_values(parameter) : "";
  if (parameter.presence == sdk::Presence::defaulted) {
    facts += (facts.empty() ? "default " : "; default ") + default_text(parameter);
  }
  return "---@field " + parameter.name + (needed ? " " : "? ") + lua_type(parameter) + " " + parameter.text +
         (facts.empty() ? "" : " (" + facts + ")") + "\n";
}

}  // namespace

std::string kind_text(SettingKind kind) {
  switch (kind) {
    case SettingKind::boolean: return "true or false";
    case SettingKind::integer: return "whole number";
    case SettingKind::number: return "number";
    case SettingKind::string: return "text";
    case SettingKind::strings: return "list of texts, or one text";
    case SettingKind::integers: return "list of whole numbers";
    case SettingKind::numbers: return "list of numbers";
    case SettingKind::numbers_by_name: return "table of numbers by name";
  }
  return "";
}

std::string default_text(const sdk::ParameterSpec& parameter) {
  switch (parameter.presence) {
    case sdk::Presence::required: return "compulsory";
    case sdk::Presence::optional: return "none";
    case sdk::Presence::defaulted: return strategy::setting_text(parameter.fallback);
  }
  return "";
}

std::string markdown_page(const std::vector<sdk::StrategyDescription>& strategies, const std::string& pages) {
  std::string text =
      "# Strategies\n\n"
      "<!-- Written by `engram plugins docs --format markdown` from what the plugins declare; `make docs` writes it "
      "anew. "
      "-->\n\n"
      "A recipe lists strategies in order, each with its options: `strategies = { { \"lora\", rank = 8 }, ... }`.\n"
      "What a recipe leaves out has the default.\n\n";
  for (const sdk::StrategyDescription& strategy : strategies) {
    text += "- [" + strategy.id + "](#" + strategy.id + "): " + strategy.schema.doc + "\n";
  }
  for (const sdk::StrategyDescription& strategy : strategies) text += "\n" + section(strategy, pages);
  return text;
}

std::string strategy_class(const sdk::StrategyDescription& strategy) {
  std::string text = "---" + strategy.schema.doc + "\n---@class engram.strategy." + strategy.id + "\n";
  text += "---@field [1] \"" + strategy.id + "\"\n";
  for (const sdk::ParameterSpec& parameter : strategy.schema.parameters) text += lua_field(parameter);
  return text;
}

std::string lua_types(const std::vector<sdk::StrategyDescription>& strategies) {
  std::string text =
      "---@meta\n"
      "-- Types for Lua editors (LuaCATS): what strategies may be given in a recipe.\n"
      "-- Written by `engram plugins docs --format lua` from what the plugins declare.\n";
  for (const sdk::StrategyDescription& strategy : strategies) text += "\n" + strategy_class(strategy);
  return text;
}

}  // namespace engram::cli

#include "cli/editor_types.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/plugin_docs.hpp"
#include "script/inputs.hpp"
#include "script/names.hpp"

namespace engram::cli {
namespace {

using script::LibraryForm;
using script::LibraryFunction;
using script::LibraryOption;

constexpr const char* kHead =
    "---@meta _\n"
    "-- Types for Lua editors (LuaCATS): recipes, what their functions get, the library, the strategies.\n"
    "-- Written by `engram docs types` from the declarations that check recipes; `make docs` writes it anew.\n";

std::string field(const std::string& name, bool optional, const std::string& type, const std::string& about) {
  const std::string shown = name.front() == '[' ? name : name + (optional ? "?" : "");
  return "---@field " + shown + " " + type + " " + about + "\n";
}

// "engram.Task" of "table<string, engram.Task>": the class of what stands at a key.
std::string class_in(const std::string& type) {
  const size_t at = type.rfind("engram.");
  return type.substr(at, type.find_first_of(">|[", at) - at);
}

std::string class_of(const std::string& section, const std::vector<recipe::Key>& keys) {
  if (section.empty()) return "engram.Recipe";
  const std::string owner = text::replaced(section, ".<name>", "");
  const std::string path = section.ends_with(".head") ? section : owner;
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const recipe::Key& k) { return k.path == path; });
  return class_in(key->type);
}

std::string facts(const recipe::Key& key) {
  const std::string absent = key.compulsory ? "compulsory" : "without it: " + key.absent;
  return key.about + " (" + key.allowed + "; " + absent + ")";
}

std::string recipe_classes(const std::vector<recipe::Key>& keys) {
  std::vector<std::string> sections;
  for (const recipe::Key& key : keys) {
    const bool seen = std::find(sections.begin(), sections.end(), key.section()) != sections.end();
    // A strategy's options are its plugin's.
    if (!seen && key.section().rfind("strategies[", 0) != 0) sections.push_back(key.section());
  }
  std::string out;
  for (const std::string& section : sections) {
    out += "\n---" + (section.empty() ? "What a recipe returns." : "A recipe's " + section + ".") + "\n---@class " +
           class_of(section, keys) + "\n";
    for (const recipe::Key& key : keys) {
      if (key.section() == section) out += field(key.name(), !key.compulsory, key.type, facts(key));
    }
  }
  return out;
}

std::string input_classes() {
  std::string out;
  for (const script::InputTable& table : script::input_tables()) {
    out += "\n---" + table.about + "\n---@class " + table.type + "\n";
    for (const script::InputField& entry : table.fields) {
      const bool optional = entry.type.back() == '?';
      const std::string type = optional ? entry.type.substr(0, entry.type.size() - 1) : entry.type;
      out += field(entry.name, optional, type, entry.about);
    }
  }
  for (const script::FunctionKind& kind : script::function_kinds()) {
    out += "\n---" + kind.about + "\n---@alias " + kind.type + " fun(" + kind.argument + ": " + kind.input +
           "): " + kind.returns + "\n";
  }
  return out;
}

std::string option_type(const LibraryOption& option, const std::string& noun) {
  if (option.kind == "number") return option.whole ? "integer" : "number";
  if (option.kind == "boolean") return "boolean";
  if (option.kind == "list") return "table";
  if (option.kind == "function") {
    return noun == "rule" ? "engram.Stop" : noun == "schedule" ? "engram.Schedule" : "function";
  }
  std::vector<std::string> choices;
  for (const std::string& choice : option.one_of) choices.push_back("\"" + choice + "\"");
  return choices.empty() ? "string" : text::join(choices, "|");
}

std::string parameter_type(const LibraryFunction& function) {
  if (function.form == LibraryForm::options) return "engram." + function.name + ".Options";
  const std::string type = option_type(function.options.front(), function.noun);
  if (function.form == LibraryForm::entries) return type + "[]";
  return function.form == LibraryForm::names ? "table<string, " + type + ">" : type;
}

std::string return_type(const LibraryFunction& function) {
  if (function.returns == "schedule") return "engram.Schedule";
  if (function.returns == "stopping rule") return "engram.Stop";
  if (function.returns == "score") return "engram.Score";
  return function.returns == "metric" ? "engram.MetricFunction|engram.Metric" : "any";
}

std::string options_class(const LibraryFunction& function) {
  if (function.form != LibraryForm::options || function.options.empty()) return "";
  std::string out = "\n---@class engram." + function.name + ".Options\n";
  for (const LibraryOption& option : function.options) {
    std::string facts = option.one_of.empty() ? option.allowed : "";
    if (!option.absent.empty()) facts += (facts.empty() ? "default " : "; default ") + option.absent;
    out += field(option.name, !option.compulsory, option_type(option, ""),
                 option.about + (facts.empty() ? "" : " (" + facts + ")"));
  }
  return out;
}

std::string library_function(const LibraryFunction& function) {
  const bool takes_nothing = function.form == LibraryForm::options && function.options.empty();
  const bool compulsory = std::any_of(function.options.begin(), function.options.end(),
                                      [](const LibraryOption& option) { return option.compulsory; });
  const std::string name = function.form == LibraryForm::options ? "options" : "given";
  std::string out = options_class(function) + "\n---" + function.about + "\n---```lua\n---" +
                    text::replaced(function.example, "\n", "\n---") + "\n---```\n";
  if (!takes_nothing) out += "---@param " + name + (compulsory ? " " : "? ") + parameter_type(function) + "\n";
  return out + "---@return " + return_type(function) + "\nfunction " + function.name + "(" +
         (takes_nothing ? "" : name) + ") end\n";
}

std::string library_classes(const script::Library& library) {
  std::string out =
      "\n---What `require \"engram\"` gives.\n---@class engram.library\nlocal engram = {}\n\n"
      "---One recipe for each combination of values.\n---@param grid engram.Grid\n---@return engram.Grid\n"
      "function engram.grid(grid) end\n";
  for (const script::LibraryTopic& topic : library.topics) {
    out += "\n---" + topic.about + "\n---@class engram.library." + topic.name + "\nlocal " + topic.name + " = {}\n";
    for (const LibraryFunction& function : library.functions) {
      if (function.topic() == topic.name) out += library_function(function);
    }
  }
  return out;
}

std::string strategy_types(const std::vector<sdk::StrategyDescription>& strategies) {
  std::string out =
      "\n---A strategy of your own; `engram plugins docs NAME --format lua` writes its class.\n"
      "---@class engram.strategy.own\n---@field [1] string\n---@field [string] any\n";
  std::vector<std::string> names;
  for (const sdk::StrategyDescription& strategy : strategies) {
    out += "\n" + strategy_class(strategy);
    names.push_back("engram.strategy." + strategy.id);
  }
  names.push_back("engram.strategy.own");
  return out + "\n---One entry of a recipe's `strategies`.\n---@alias engram.Strategy " + text::join(names, "|") + "\n";
}

// Editors know Lua's own libraries; what differs is declared, and what is withheld is struck out.
std::string sandbox_names() {
  std::string out =
      "\n---The clock and the date, and nothing else.\nos = {}\n"
      "---Seconds of CPU time.\n---@return number\nfunction os.clock() end\n"
      "---The date and time, as Lua's os.date writes them.\n---@param format? string\n---@param time? number\n"
      "---@return string|table\nfunction os.date(format, time) end\n"
      "---Refused in recipes: set train.seed.\n---@deprecated\nfunction math.randomseed() end\n";
  for (const auto& [name, reason] : script::withheld_names()) {
    const bool table = name == "io" || name == "ffi" || name == "jit" || name == "debug" || name == "package" ||
                       name == "coroutine" || name == "_G";
    if (!table) out += "---Absent in recipes: " + reason + "\n---@deprecated\nfunction " + name + "(...) end\n";
  }
  return out;
}

}  // namespace

std::string editor_types(const std::vector<recipe::Key>& keys, const script::Library& library,
                         const std::vector<sdk::StrategyDescription>& strategies) {
  return kHead + recipe_classes(keys) + input_classes() + library_classes(library) + strategy_types(strategies) +
         sandbox_names();
}

}  // namespace engram::cli

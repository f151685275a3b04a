#include "cli/library_page.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/markdown.hpp"
#include "script/inputs.hpp"
#include "script/names.hpp"

namespace engram::cli {
namespace {

using script::LibraryForm;
using script::LibraryFunction;
using script::LibraryOption;

std::string value_text(const LibraryOption& option) {
  std::string text = option.whole              ? "whole number"
                     : option.kind == "metric" ? "metric, as \"set.metric\""
                                               : option.kind;
  if (option.allowed.empty() && option.one_of.empty()) return text;
  std::vector<std::string> choices;
  for (const std::string& choice : option.one_of) choices.push_back(code("\"" + choice + "\""));
  return choices.empty() ? text + " " + option.allowed : text::join(choices, ", ");
}

std::string options_text(const LibraryFunction& function) {
  if (function.form != LibraryForm::options) {
    const LibraryOption& option = function.options.front();
    const std::string kind = function.form == LibraryForm::entries ? "a list: "
                             : function.form == LibraryForm::names ? "a table by name: "
                                                                   : "one value: ";
    return "\nTakes " + kind + option.about + "\n";
  }
  if (function.options.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const LibraryOption& option : function.options) {
    const std::string absent = option.compulsory ? "compulsory" : option.absent.empty() ? "none" : code(option.absent);
    rows.push_back({code(option.name), value_text(option), absent, option.about});
  }
  return "\n" + markdown_table({"option", "values", "default", "meaning"}, rows);
}

std::string functions_text(const script::Library& library) {
  std::string out;
  for (const script::LibraryTopic& topic : library.topics) {
    out += "### " + topic.name + "\n\n" + topic.about + "\n";
    for (const LibraryFunction& function : library.functions) {
      if (function.topic() != topic.name) continue;
      out += "\n#### " + function.name + "\n\n" + function.about + "\n\n" + lua_block(function.example) +
             options_text(function);
    }
    out += "\n";
  }
  return out;
}

std::string fields_text(const script::InputTable& table, const std::string& argument) {
  std::vector<std::vector<std::string>> rows;
  for (const script::InputField& field : table.fields) {
    const bool named = field.name.front() != '[';
    const std::string name = named ? argument + field.name : argument + "<name>";
    rows.push_back({code(name), code(field.type), field.about});
  }
  return "\n" + table.about + "\n\n" + markdown_table({"field", "type", "meaning"}, rows);
}

const script::InputTable& table_of(const std::string& type) {
  const auto& tables = script::input_tables();
  return *std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return table.type == type; });
}

std::string callbacks_text() {
  std::string out;
  std::vector<std::string> shown;
  for (const script::FunctionKind& kind : script::function_kinds()) {
    out += "### " + kind.key + "\n\n" + kind.about + "\n\n" + lua_block(kind.example) +
           fields_text(table_of(kind.input), kind.argument + ".") + "\n";
    shown.push_back(kind.input);
  }
  shown.push_back("engram.Grid");
  out += "### Tables inside them\n";
  for (const script::InputTable& table : script::input_tables()) {
    if (std::find(shown.begin(), shown.end(), table.type) != shown.end()) continue;
    out += "\n**" + table.type + "**\n" + fields_text(table, ".");
  }
  return out;
}

std::string globals_text() {
  std::vector<std::vector<std::string>> rows;
  for (const script::GlobalName& name : script::global_names()) {
    std::vector<std::string> members;
    for (const std::string& member : name.members) members.push_back(code(member));
    rows.push_back({code(name.name), name.about + (members.empty() ? "" : ": ") + text::join(members, ", ")});
  }
  return markdown_table({"name", "what it is"}, rows);
}

std::string withheld_text() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, reason] : script::withheld_names()) rows.push_back({code(name), reason});
  return markdown_table({"name", "why it is absent, or what to write"}, rows);
}

}  // namespace

std::string library_page(const std::string& page, const script::Library& library) {
  return filled(page, [&](const std::string& name, const std::string& argument) {
    if (name == "functions") return functions_text(library);
    if (name == "callbacks") return callbacks_text();
    if (name == "grid") return fields_text(table_of("engram.Grid"), "");
    if (name == "globals") return globals_text();
    if (name == "withheld") return withheld_text();
    return "<!-- " + name + (argument.empty() ? "" : ": " + argument) + " -->\n";
  });
}

}  // namespace engram::cli

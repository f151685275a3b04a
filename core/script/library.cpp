#include "script/library.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "recipe/section.hpp"
#include "script/base_library.hpp"
#include "script/host_module.hpp"
#include "script/modules.hpp"
#include "script/state.hpp"
#include "script/tree.hpp"

namespace engram::script {
namespace {

namespace fs = std::filesystem;
using recipe::Value;

constexpr const char* kForms[] = {"options", "entries", "names", "argument"};

std::string text_of(const Value& table, const char* key) {
  const Value* found = table.find(key);
  return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

const double* number_of(const Value& table, const char* key) {
  const Value* found = table.find(key);
  return found == nullptr ? nullptr : found->number();
}

bool flag_of(const Value& table, const char* key) {
  const Value* found = table.find(key);
  return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

const recipe::List& list_of(const Value& table, const char* key) {
  static const recipe::List none;
  const Value* found = table.find(key);
  return found == nullptr || found->table() == nullptr ? none : found->table()->list;
}

std::string limits(const Value& rule) {
  const double* least = number_of(rule, "least");
  const double* most = number_of(rule, "most");
  if (least != nullptr && most != nullptr) {
    return "from " + text::shortest(*least) + " to " + text::shortest(*most);
  }
  if (least != nullptr) return "from " + text::shortest(*least) + " on";
  return most == nullptr ? "" : "up to " + text::shortest(*most);
}

std::string written(const Value& value) {
  return value.string() != nullptr ? "\"" + *value.string() + "\"" : recipe::quoted(value);
}

LibraryOption option_of(const Value& rule) {
  LibraryOption option;
  option.kind = text_of(rule, "kind");
  option.about = text_of(rule, "about");
  option.allowed = limits(rule);
  option.whole = flag_of(rule, "whole");
  const Value* standard = rule.find("default");
  if (standard != nullptr) option.absent = written(*standard);
  option.compulsory = standard == nullptr && !flag_of(rule, "optional");
  for (const Value& choice : list_of(rule, "one_of")) option.one_of.push_back(*choice.string());
  if (!rule.table()->list.empty()) option.name = *rule.table()->list.front().string();
  return option;
}

LibraryFunction function_of(const Value& declaration) {
  LibraryFunction function{text_of(declaration, "name"), text_of(declaration, "about"), text_of(declaration, "example"),
                           text_of(declaration, "returns")};
  for (size_t i = 0; i < std::size(kForms); ++i) {
    if (declaration.find(kForms[i]) != nullptr) function.form = static_cast<LibraryForm>(i);
  }
  if (function.form == LibraryForm::options) {
    for (const Value& rule : list_of(declaration, "options")) function.options.push_back(option_of(rule));
  } else {
    const Value& rule = *declaration.find(kForms[static_cast<size_t>(function.form)]);
    function.noun = text_of(rule, "noun");
    function.options.push_back(option_of(rule));
  }
  return function;
}

// A chunk that requires every module and returns what they declared.
std::string reading_chunk(const fs::path& folder) {
  std::vector<std::string> modules;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "engram")) {
    if (entry.path().extension() == ".lua") modules.push_back(entry.path().stem().string());
  }
  std::sort(modules.begin(), modules.end());
  std::string chunk = "local check = require \"engram.check\"\n";
  for (const std::string& name : modules) {
    chunk += "require \"engram" + (name == "init" ? "" : "." + name) + "\"\n";
  }
  return chunk + "return { topics = check.topics, declared = check.declared }\n";
}

Value declarations(const fs::path& folder) {
  const ModuleFolders folders{folder, folder};
  const recipe::Place place{"the library", 0};
  const SourceMap nowhere;
  std::vector<int> functions;
  Faults faults;
  Random random;
  const Directions directions;
  LuaState state;
  Value read;
  state.protect([&](lua_State* lua) {
    push_globals(lua, random);
    const int globals = lua_gettop(lua);
    lua_pushvalue(lua, globals);
    make_environment(lua);
    push_require(lua, folders, directions);
    lua_pop(lua, 1);
    lua_setfield(lua, globals, "require");
    push_chunk(lua, reading_chunk(folder), "the library", lua_gettop(lua));
    state.call(lua, 0, 1, "the library", place, kRecipeSteps);
    read = read_tree(lua, {nowhere, "the library", functions, faults});
  });
  faults.raise<RecipeError>();
  return read;
}

}  // namespace

Library read_library(const fs::path& folder) {
  const Value read = declarations(folder);
  Library library;
  for (const Value& topic : list_of(read, "topics")) {
    library.topics.push_back({text_of(topic, "name"), text_of(topic, "about")});
  }
  for (const Value& declaration : list_of(read, "declared")) library.functions.push_back(function_of(declaration));
  return library;
}

}  // namespace engram::script

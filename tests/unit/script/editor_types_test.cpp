// The written editor types: they parse, and they cover what recipes may hold and call.
#include <regex>

#include "base/files.hpp"
#include "base/text.hpp"
#include "recipe/keys.hpp"
#include "script/inputs.hpp"
#include "script/library.hpp"
#include "script/lua.hpp"
#include "support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

std::string types() { return read_file(std::filesystem::path(ENGRAM_SOURCE_DIR) / "scripts/meta/engram.lua"); }

// The lines from the declaration of a class to the next empty line.
std::string class_text(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n---@class " + name + "\n");
  return at == std::string::npos ? "" : text.substr(at, text.find("\n\n", at) - at);
}

bool declares(const std::string& text, const std::string& name, const std::string& field) {
  const std::string fields = class_text(text, name);
  return fields.find("\n---@field " + field + " ") != std::string::npos ||
         fields.find("\n---@field " + field + "? ") != std::string::npos;
}

// LuaCATS as far as it is used: each annotation's form.
bool is_annotation(const std::string& line) {
  static const std::string type = R"([\w.\[\]<>,|(){}:"?* -]+)";
  static const std::regex forms("---@(meta( \\w+)?|class [\\w.]+|deprecated|field (\\w+\\??|\\[\\w+\\]) " + type +
                                ".*|alias [\\w.]+ " + type + "|param \\w+\\?? " + type + "|return " + type + ")");
  return std::regex_match(line, forms);
}

}  // namespace

TEST_CASE("the editor types are Lua that LuaJIT parses") {
  lua_State* lua = luaL_newstate();
  const std::string text = types();
  const int status = luaL_loadbuffer(lua, text.data(), text.size(), "@engram.lua");
  const std::string error = status == 0 ? "" : lua_tostring(lua, -1);
  lua_close(lua);
  REQUIRE(error.empty());
}

TEST_CASE("every annotation of the editor types has a form of LuaCATS, with brackets that match") {
  REQUIRE_FALSE(is_annotation("---@field x"));
  REQUIRE_FALSE(is_annotation("---@fild x number"));
  int annotations = 0;
  for (const std::string& line : text::split(types(), '\n')) {
    if (line.rfind("---@", 0) != 0) continue;
    CAPTURE(line);
    REQUIRE(is_annotation(line));
    ++annotations;
  }
  REQUIRE(annotations > 200);
}

TEST_CASE("every class that the editor types name is declared in them") {
  const std::string text = types();
  const std::regex named(R"(engram\.[\w.]+\w)");
  for (const std::string& line : text::split(text, '\n')) {
    if (line.rfind("---@", 0) != 0) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), named), end; at != end; ++at) {
      const std::string name = at->str();
      CAPTURE(line, name);
      const bool found = text.find("---@class " + name + "\n") != std::string::npos ||
                         text.find("---@alias " + name + " ") != std::string::npos;
      // Texts about keys name modules of the library.
      const bool module = name == "engram.schedule" || name == "engram.score" || name == "engram.stop";
      REQUIRE((found || module));
    }
  }
}

TEST_CASE("the editor types cover every key of a recipe") {
  const std::string text = types();
  for (const recipe::Key& key : recipe::describe_keys()) {
    if (key.section().rfind("strategies[", 0) == 0) continue;
    CAPTURE(key.path);
    const std::string about = " " + key.type + " " + key.about;
    const std::string name = key.name().front() == '[' ? key.name() : key.name() + (key.compulsory ? "" : "?");
    REQUIRE(text.find("---@field " + name + about) != std::string::npos);
  }
}

TEST_CASE("the editor types cover every function of the library and every option") {
  const std::string text = types();
  const script::Library library = script::read_library(library_folder());
  REQUIRE(library.topics.size() >= 4);
  REQUIRE(library.functions.size() > 25);
  REQUIRE(text.find("\nfunction engram.grid(") != std::string::npos);
  for (const script::LibraryFunction& function : library.functions) {
    CAPTURE(function.name);
    REQUIRE(text.find("\nfunction " + function.name + "(") != std::string::npos);
    REQUIRE(text.find("---" + function.about + "\n") != std::string::npos);
    if (function.form != script::LibraryForm::options) continue;
    for (const script::LibraryOption& option : function.options) {
      CAPTURE(option.name);
      REQUIRE(declares(text, "engram." + function.name + ".Options", option.name));
    }
  }
}

// `require "engram.schedule"` leads editors to the library's file: its table has the class with the typed functions.
TEST_CASE("the library's files name their classes") {
  const std::filesystem::path folder = library_folder() / "engram";
  for (const script::LibraryTopic& topic : script::read_library(library_folder()).topics) {
    CAPTURE(topic.name);
    const std::string file = read_file(folder / (topic.name + ".lua"));
    REQUIRE(file.find("---@class engram.library." + topic.name + "\nlocal " + topic.name + " = ") != std::string::npos);
    REQUIRE(types().find("---@class engram.library." + topic.name + "\n") != std::string::npos);
  }
  REQUIRE(read_file(folder / "init.lua").find("---@class engram.library\nlocal engram = ") != std::string::npos);
}

TEST_CASE("the editor types cover what a recipe's own functions get") {
  const std::string text = types();
  for (const script::InputTable& table : script::input_tables()) {
    for (const script::InputField& field : table.fields) {
      CAPTURE(table.type, field.name);
      REQUIRE(declares(text, table.type, field.name));
    }
  }
}

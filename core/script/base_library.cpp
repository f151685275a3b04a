#include "script/base_library.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "script/budget.hpp"
#include "script/charged.hpp"
#include "script/names.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"
#include "script/sorted_pairs.hpp"

namespace engram::script {
namespace {

constexpr int kMaxNestedCalls = 150;
constexpr int64_t kStepsPerFailure = 500;  // of finding the way back to a pcall
constexpr size_t kLongestLine = 10000;     // bytes that print writes

// pcall, except that the watchdog's error comes through.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  Budget& budget = budget_of(lua);
  if (budget.depth >= kMaxNestedCalls) return raise(lua, "pcall is nested too deeply");
  ++budget.depth;
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  --budget.depth;
  if (budget.exhausted) return raise_exhausted(lua);
  if (status != 0) charge(lua, kStepsPerFailure);
  lua_pushboolean(lua, status == 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// tostring, except that tables and functions do not show addresses, which differ between runs.
int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int type = lua_type(lua, 1);
  if (luaL_callmeta(lua, 1, "__tostring") != 0) return 1;
  if (type == LUA_TNUMBER || type == LUA_TSTRING) {
    lua_pushvalue(lua, 1);
    lua_tolstring(lua, -1, nullptr);
  } else if (type == LUA_TBOOLEAN) {
    lua_pushstring(lua, lua_toboolean(lua, 1) != 0 ? "true" : "false");
  } else {
    lua_pushstring(lua, lua_typename(lua, type));
  }
  return 1;
}

// Writes to the log.
int print(lua_State* lua) {
  std::string line;
  const int count = lua_gettop(lua);
  for (int i = 1; i <= count && line.size() <= kLongestLine; ++i) {
    lua_pushcfunction(lua, guarded<to_string>);
    lua_pushvalue(lua, i);
    lua_call(lua, 1, 1);
    if (i > 1) line += '\t';
    line += text_at(lua, -1).substr(0, kLongestLine + 1);
    lua_pop(lua, 1);
  }
  charge(lua, 1000 + static_cast<int64_t>(line.size()));
  log::info(printable(line, kLongestLine));
  return 0;
}

void open(lua_State* lua, lua_CFunction opener, const char* name) {
  lua_pushcfunction(lua, opener);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

void push_math(lua_State* lua, Random& random) {
  lua_getglobal(lua, "math");
  add_random_functions(lua, random);
  make_read_only(lua, "function of math");
}

// The clock and the date; nothing that reaches the system.
void push_os(lua_State* lua) {
  lua_getglobal(lua, "os");
  const int library = lua_gettop(lua);
  lua_newtable(lua);
  const int safe = lua_gettop(lua);
  for (const char* name : {"clock", "date"}) copy_charged(lua, library, safe, name, Work::by_size);
  make_read_only(lua, "function of os, of which recipes have the clock and the date only:");
  lua_remove(lua, library);
}

void push_table_library(lua_State* lua) {
  lua_getglobal(lua, "table");
  const int library = lua_gettop(lua);
  lua_newtable(lua);
  const int safe = lua_gettop(lua);
  for (const char* name : {"concat", "remove", "maxn"}) copy_charged(lua, library, safe, name, Work::by_size);
  copy_charged(lua, library, safe, "insert", Work::shifting);
  copy_charged(lua, library, safe, "sort", Work::sorting);
  make_read_only(lua, "function of table");
  lua_remove(lua, library);
}

int refuse_unknown_global(lua_State* lua) {
  const std::string name(text_at(lua, 2));
  const auto reason = withheld_names().find(name);
  if (reason != withheld_names().end()) return raise(lua, "'" + name + "' is not available here: " + reason->second);
  std::vector<std::string> known;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    lua_pop(lua, 1);
    known.emplace_back(text_at(lua, -1));
  }
  const std::string hint = text::did_you_mean(name, known);
  return raise(lua, "unknown name '" + name + "'" + (hint.empty() ? "; it has not been declared with local" : hint));
}

int refuse_global(lua_State* lua) {
  const std::string name(text_at(lua, 2));
  const std::string keyword = lua_isfunction(lua, 3) ? "local function " : "local ";
  return raise(lua, "'" + name + "' is not declared. Fix: write " + keyword + name);
}

}  // namespace

void push_globals(lua_State* lua, Random& random) {
  open(lua, luaopen_base, "");
  open(lua, luaopen_os, LUA_OSLIBNAME);
  open(lua, luaopen_table, LUA_TABLIBNAME);
  open(lua, luaopen_math, LUA_MATHLIBNAME);
  open(lua, luaopen_string, LUA_STRLIBNAME);
  lua_newtable(lua);
  const int globals = lua_gettop(lua);
  for (const char* name : {"assert", "error", "select", "type", "setmetatable", "getmetatable", "rawequal"}) {
    lua_getglobal(lua, name);
    lua_setfield(lua, globals, name);
  }
  for (const char* name : {"unpack", "tonumber"}) {
    copy_charged(lua, LUA_GLOBALSINDEX, globals, name, Work::by_size);
  }
  copy_charged(lua, LUA_GLOBALSINDEX, globals, "ipairs", Work::constant);
  lua_pushcfunction(lua, guarded<protected_call>);
  lua_setfield(lua, globals, "pcall");
  lua_pushcfunction(lua, guarded<sorted_pairs>);
  lua_setfield(lua, globals, "pairs");
  lua_pushcfunction(lua, guarded<to_string>);
  lua_setfield(lua, globals, "tostring");
  lua_pushcfunction(lua, guarded<print>);
  lua_setfield(lua, globals, "print");
  push_math(lua, random);
  lua_setfield(lua, globals, "math");
  push_os(lua);
  lua_setfield(lua, globals, "os");
  push_table_library(lua);
  lua_setfield(lua, globals, "table");
  lua_newtable(lua);
  open_strings(lua);
  lua_setfield(lua, globals, "string");
}

void make_environment(lua_State* lua) {
  const int globals = lua_gettop(lua);
  lua_createtable(lua, 0, 1);
  lua_pushcfunction(lua, guarded<refuse_unknown_global>);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, globals);
  lua_newtable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushvalue(lua, globals);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, guarded<refuse_global>);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_replace(lua, globals);
}

}  // namespace engram::script

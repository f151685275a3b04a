#include "script/read_only.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

// Keys of a view's metatable that no script can write or see: the table behind it, and what makes its entries.
char contents_key;
char missing_key;

void get_hidden(lua_State* lua, int metatable, char* key) {
  lua_pushlightuserdata(lua, key);
  lua_rawget(lua, metatable);
}

// Stores the value on top of the stack in the metatable below it.
void set_hidden(lua_State* lua, char* key) {
  lua_pushlightuserdata(lua, key);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
}

std::vector<std::string> keys_of(lua_State* lua, int table) {
  std::vector<std::string> keys;
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0) {
    lua_pop(lua, 1);
    if (lua_type(lua, -1) == LUA_TSTRING) keys.emplace_back(text_at(lua, -1));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

Fixes fixes_at(lua_State* lua, int index) {
  Fixes fixes;
  if (!lua_istable(lua, index)) return fixes;
  for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
    fixes.emplace(text_at(lua, -2), text_at(lua, -1));
  }
  return fixes;
}

int refuse_unknown(lua_State* lua) {
  const std::string kind(text_at(lua, lua_upvalueindex(1)));
  return raise_unknown(lua, kind, 2, keys_of(lua, 1), fixes_at(lua, lua_upvalueindex(2)));
}

void push_fixes(lua_State* lua, const Fixes& fixes) {
  if (fixes.empty()) return lua_pushnil(lua);
  lua_createtable(lua, 0, static_cast<int>(fixes.size()));
  for (const auto& [key, fix] : fixes) {
    push_text(lua, key);
    push_text(lua, fix);
    lua_rawset(lua, -3);
  }
}

std::string fix_of(const Fixes& fixes, const std::string& key) {
  const auto found = fixes.find(key);
  return found == fixes.end() ? "" : ". Fix: " + found->second;
}

int refuse_change(lua_State* lua) {
  return raise(lua, "a script may not change " + shown(lua, 2) + " here: this table is read-only");
}

// The table and the function for its absent entries are on top of the stack; the view takes their place.
void push_view(lua_State* lua) {
  const int contents = lua_gettop(lua) - 1;
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, contents + 1);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, contents);

  lua_newtable(lua);
  lua_createtable(lua, 0, 5);
  lua_pushvalue(lua, contents);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, guarded<refuse_change>);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pushvalue(lua, contents);
  set_hidden(lua, &contents_key);
}

void finish_view(lua_State* lua, int contents) {
  lua_setmetatable(lua, -2);
  lua_replace(lua, contents);
  lua_settop(lua, contents);
}

}  // namespace

void make_read_only(lua_State* lua, const std::string& kind, const Fixes& fixes) {
  const int contents = lua_gettop(lua);
  push_text(lua, kind);
  push_fixes(lua, fixes);
  lua_pushcclosure(lua, guarded<refuse_unknown>, 2);
  push_view(lua);
  finish_view(lua, contents);
}

void make_lazy_read_only(lua_State* lua) {
  const int contents = lua_gettop(lua) - 1;
  push_view(lua);
  lua_pushvalue(lua, contents + 1);
  set_hidden(lua, &missing_key);
  finish_view(lua, contents);
}

bool is_read_only(lua_State* lua, int index) {
  if (!lua_istable(lua, index) || lua_getmetatable(lua, index) == 0) return false;
  get_hidden(lua, lua_gettop(lua), &contents_key);
  const bool view = lua_istable(lua, -1);
  lua_pop(lua, 2);
  return view;
}

void push_made_contents(lua_State* lua, int index) {
  luaL_checkstack(lua, 6, "a table");
  lua_pushvalue(lua, index);
  if (!is_read_only(lua, -1)) return;
  lua_getmetatable(lua, -1);
  get_hidden(lua, lua_gettop(lua), &contents_key);
  lua_replace(lua, -3);
  lua_pop(lua, 1);
}

void push_contents(lua_State* lua, int index) {
  push_made_contents(lua, index);
  if (lua_rawequal(lua, -1, index) != 0 || lua_getmetatable(lua, index) == 0) return;
  get_hidden(lua, lua_gettop(lua), &missing_key);
  lua_remove(lua, -2);
  if (lua_isnil(lua, -1)) {
    lua_pop(lua, 1);
    return;
  }
  lua_pushvalue(lua, -2);
  lua_call(lua, 1, 0);
}

int raise_unknown(lua_State* lua, const std::string& kind, int key, const std::vector<std::string>& known,
                  const Fixes& fixes) {
  std::string message = "unknown " + kind + " " + shown(lua, key);
  const std::string name(lua_type(lua, key) == LUA_TSTRING ? text_at(lua, key) : "");
  const std::string own_fix = name.empty() ? "" : fix_of(fixes, name);
  const std::string hint = name.empty() || !own_fix.empty() ? "" : text::did_you_mean(name, known);
  if (!hint.empty()) return raise(lua, message + hint);
  if (!known.empty() && known.size() <= 20) message += " (known: " + text::join(known, ", ") + ")";
  return raise(lua, message + (own_fix.empty() ? fix_of(fixes, "") : own_fix));
}

}  // namespace engram::script

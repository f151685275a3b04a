#include "script/read_only.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace engram::script {
namespace {

// The metatable's field that leads from a view to its table; scripts never see the metatable.
constexpr const char* kContents = "contents";

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

std::string shown(lua_State* lua, int index) {
  if (lua_type(lua, index) == LUA_TNUMBER) return text::shortest(lua_tonumber(lua, index));
  if (lua_type(lua, index) == LUA_TSTRING) return "'" + std::string(text_at(lua, index)) + "'";
  return luaL_typename(lua, index);
}

int refuse_unknown(lua_State* lua) {
  const std::vector<std::string> known = keys_of(lua, 1);
  std::string message = "unknown " + std::string(text_at(lua, lua_upvalueindex(1))) + " " + shown(lua, 2);
  const std::string hint = text::did_you_mean(text_at(lua, 2), known);
  if (!hint.empty()) {
    message += hint;
  } else if (!known.empty() && known.size() <= 20) {
    message += " (known: " + text::join(known, ", ") + ")";
  }
  return raise(lua, message);
}

int refuse_change(lua_State* lua) {
  return raise(lua, "a script may not change " + shown(lua, 2) + " here: this table is read-only");
}

}  // namespace

void make_read_only(lua_State* lua, const std::string& kind) {
  const int contents = lua_gettop(lua);
  lua_createtable(lua, 0, 1);
  push_text(lua, kind);
  lua_pushcclosure(lua, guarded<refuse_unknown>, 1);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, contents);

  lua_newtable(lua);
  lua_createtable(lua, 0, 4);
  lua_pushvalue(lua, contents);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, guarded<refuse_change>);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pushvalue(lua, contents);
  lua_setfield(lua, -2, kContents);
  lua_setmetatable(lua, -2);
  lua_replace(lua, contents);
}

void push_contents(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  if (!lua_istable(lua, -1) || lua_getmetatable(lua, -1) == 0) return;
  lua_pushstring(lua, kContents);
  lua_rawget(lua, -2);
  if (lua_istable(lua, -1)) {
    lua_replace(lua, -3);
    lua_pop(lua, 1);
  } else {
    lua_pop(lua, 2);
  }
}

}  // namespace engram::script

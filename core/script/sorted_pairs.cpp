#include "script/sorted_pairs.hpp"

#include <algorithm>
#include <vector>

#include "script/budget.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

// Strings point into Lua, which keeps them while the table is on the stack.
struct Key {
  int rank = 0;
  double number = 0;
  std::string_view text;
};

bool before(const Key& a, const Key& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  return a.rank == 1 ? a.text < b.text : a.number < b.number;
}

Key key_on_top(lua_State* lua) {
  switch (lua_type(lua, -1)) {
    case LUA_TNUMBER: return {0, lua_tonumber(lua, -1), {}};
    case LUA_TSTRING: return {1, 0, text_at(lua, -1)};
    case LUA_TBOOLEAN: return {2, static_cast<double>(lua_toboolean(lua, -1)), {}};
    default: raise(lua, std::string("pairs cannot order a key that is a ") + luaL_typename(lua, -1));
  }
  return {};
}

void push_key(lua_State* lua, const Key& key) {
  if (key.rank == 0) lua_pushnumber(lua, key.number);
  if (key.rank == 1) push_text(lua, key.text);
  if (key.rank == 2) lua_pushboolean(lua, key.number != 0);
}

// Upvalues: the table, the list of its keys in order, the position of the last one given out. Keys whose values have
// been removed meanwhile are passed over.
int next_pair(lua_State* lua) {
  auto position = lua_tointeger(lua, lua_upvalueindex(3));
  while (true) {
    lua_rawgeti(lua, lua_upvalueindex(2), static_cast<int>(++position));
    if (lua_isnil(lua, -1)) return 1;
    lua_pushvalue(lua, -1);
    lua_rawget(lua, lua_upvalueindex(1));
    if (!lua_isnil(lua, -1)) break;
    lua_pop(lua, 2);
  }
  lua_pushinteger(lua, position);
  lua_replace(lua, lua_upvalueindex(3));
  return 2;
}

}  // namespace

int sorted_pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  push_contents(lua, 1);
  std::vector<Key> keys;
  lua_pushnil(lua);
  while (lua_next(lua, 2) != 0) {
    lua_pop(lua, 1);
    keys.push_back(key_on_top(lua));
  }
  charge(lua, static_cast<int64_t>(keys.size()) * 16);
  std::sort(keys.begin(), keys.end(), before);
  lua_createtable(lua, static_cast<int>(keys.size()), 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    push_key(lua, keys[i]);
    lua_rawseti(lua, 3, static_cast<int>(i) + 1);
  }
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, guarded<next_pair>, 3);
  return 1;
}

}  // namespace engram::script

#include <algorithm>
#include <string>

#include "script/base_library.hpp"
#include "script/charged.hpp"
#include "script/pattern_functions.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

// What %s shows of the argument takes its place: of tables and functions the type, never an address.
void show_without_address(lua_State* lua, int index) {
  const int type = lua_type(lua, index);
  if (type == LUA_TNONE || type == LUA_TNIL || type == LUA_TBOOLEAN || lua_isstring(lua, index) != 0) return;
  if (luaL_callmeta(lua, index, "__tostring") == 0) {
    lua_pushstring(lua, lua_typename(lua, type));
  } else if (lua_isstring(lua, -1) == 0) {
    raise(lua, std::string("__tostring returned a ") + luaL_typename(lua, -1) + " (allowed: a string)");
  }
  lua_replace(lua, index);
}

// string.format, except that no address is shown, which differs between runs. Upvalue: Lua's own.
int format(lua_State* lua) {
  luaL_checkstring(lua, 1);
  const std::string pattern(text_at(lua, 1));
  int argument = 1;
  for (size_t at = pattern.find('%'); at < pattern.size(); at = pattern.find('%', at + 1)) {
    at = std::min(pattern.find_first_not_of("-+ #0123456789.", at + 1), pattern.size());
    if (at == pattern.size() || pattern[at] == '%') continue;
    ++argument;
    if (pattern[at] == 's') show_without_address(lua, argument);
    if (pattern[at] == 'p') return raise(lua, "string.format has no %p here: addresses differ between runs");
  }
  const int arguments = lua_gettop(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, arguments, 1);
  return 1;
}

}  // namespace

void open_strings(lua_State* lua) {
  const int safe = lua_gettop(lua);
  lua_getglobal(lua, "string");
  const int library = lua_gettop(lua);
  for (const char* name : {"byte", "char", "len", "lower", "reverse", "sub", "upper"}) {
    copy_charged(lua, library, safe, name, Work::by_size);
  }
  copy_charged(lua, library, safe, "rep", Work::repeating);
  lua_getfield(lua, library, "format");
  lua_pushcclosure(lua, guarded<format>, 1);
  charge_function(lua, Work::by_size);
  lua_setfield(lua, safe, "format");
  lua_settop(lua, safe);
  add_pattern_functions(lua);
  make_read_only(lua, "function of string");

  lua_pushliteral(lua, "");
  lua_createtable(lua, 0, 2);
  lua_pushvalue(lua, safe);
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_settop(lua, safe);
}

}  // namespace engram::script

#include "script/base_library.hpp"
#include "script/charged.hpp"
#include "script/pattern_functions.hpp"
#include "script/read_only.hpp"

namespace engram::script {

void open_strings(lua_State* lua) {
  const int safe = lua_gettop(lua);
  lua_getglobal(lua, "string");
  const int library = lua_gettop(lua);
  for (const char* name : {"byte", "char", "format", "len", "lower", "reverse", "sub", "upper"}) {
    copy_charged(lua, library, safe, name, Work::by_size);
  }
  copy_charged(lua, library, safe, "rep", Work::repeating);
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

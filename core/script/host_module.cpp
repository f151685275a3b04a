#include "script/host_module.hpp"

#include <vector>

#include "base/text.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

int did_you_mean(lua_State* lua) {
  const std::string name(text_at(lua, 1));
  luaL_checktype(lua, 2, LUA_TTABLE);
  std::vector<std::string> names;
  for (size_t i = 1; i <= lua_objlen(lua, 2); ++i) {
    lua_rawgeti(lua, 2, static_cast<int>(i));
    names.emplace_back(text_at(lua, -1));
    lua_pop(lua, 1);
  }
  push_text(lua, text::did_you_mean(name, names));
  return 1;
}

int place(lua_State* lua) {
  std::string text = where(lua, 1 + static_cast<int>(luaL_checkinteger(lua, 1)));
  if (text.size() >= 2) text.resize(text.size() - 2);
  push_text(lua, text);
  return 1;
}

}  // namespace

void push_host_module(lua_State* lua) {
  lua_createtable(lua, 0, 2);
  lua_pushcfunction(lua, guarded<did_you_mean>);
  lua_setfield(lua, -2, "did_you_mean");
  lua_pushcfunction(lua, guarded<place>);
  lua_setfield(lua, -2, "place");
  make_read_only(lua, "function of engram.host");
}

}  // namespace engram::script

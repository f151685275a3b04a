// Lua's C interface, and the trampoline that every C function of the sandbox goes through.
#pragma once

#include <lua.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace engram::script {

inline void push_text(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

inline std::string_view text_at(lua_State* lua, int index) {
  size_t size = 0;
  const char* bytes = lua_tolstring(lua, index, &size);
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

// "file:line: " of the Lua function `level` calls up; "" where that is no Lua function.
inline std::string where(lua_State* lua, int level) {
  luaL_where(lua, level);
  std::string place(text_at(lua, -1));
  lua_pop(lua, 1);
  return place;
}

// Raises a Lua error with the place of the calling line before the text.
inline int raise(lua_State* lua, const std::string& message) {
  luaL_where(lua, 1);
  push_text(lua, message);
  lua_concat(lua, 2);
  return lua_error(lua);
}

// A C++ exception that reached Lua would lose its text. Lua's own errors pass: they are no std::exception.
template <lua_CFunction function>
int guarded(lua_State* lua) {
  try {
    return function(lua);
  } catch (const std::exception& error) {
    push_text(lua, error.what());
  }
  return lua_error(lua);
}

}  // namespace engram::script

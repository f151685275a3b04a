// A function of the recipe that the host calls.
#pragma once

#include <string>

#include "recipe/value.hpp"
#include "script/lua.hpp"

namespace engram::script {

struct Callback {
  int reference = LUA_NOREF;  // in the registry
  recipe::Place place;
  bool present() const { return reference != LUA_NOREF; }
  // Throws RecipeError at this place.
  [[noreturn]] void refuse(std::string what, std::string allowed = "", std::string fix = "") const;
};

inline void push_reference(lua_State* lua, int reference) { lua_rawgeti(lua, LUA_REGISTRYINDEX, reference); }

}  // namespace engram::script

// `pairs` that walks in the same order in every process: numbers first, then strings, then booleans.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// Lua: pairs(table). Sees through read-only views. Keys that are tables or functions are refused: they have no order.
int sorted_pairs(lua_State* lua);

}  // namespace engram::script

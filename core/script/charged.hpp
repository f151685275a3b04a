// Standard C functions that take steps in proportion to their arguments, and refuse read-only tables, which to them are
// empty lists.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// shifting: a list and a position, from which on all entries move.
enum class Work { constant, by_size, sorting, repeating, shifting };

// Takes the function on top of the stack and puts a charged one in its place.
void charge_function(lua_State* lua, Work work);

// Moves `name` of the library at `library` to the table at `target`, charged.
void copy_charged(lua_State* lua, int library, int target, const char* name, Work work);

}  // namespace engram::script

// Tables that scripts can read and not change, in which an absent name is an error with the nearest one.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// Replaces the table on top of the stack by a read-only view of it. `kind` begins the error text:
// "unknown metric of new 'acuracy'; did you mean 'accuracy'?". The view follows later raw changes of the table.
void make_read_only(lua_State* lua, const std::string& kind);

// Pushes the table behind a read-only view at `index`, or the value itself when it is none.
void push_contents(lua_State* lua, int index);

}  // namespace engram::script

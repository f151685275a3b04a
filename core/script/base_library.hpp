// The functions every script sees, and the environment that refuses undeclared names.
#pragma once

#include "script/lua.hpp"
#include "script/random.hpp"

namespace engram::script {

// Pushes the table of global names: the safe part of Lua's base, math, table, string and os libraries, with `pairs` in
// sorted order, pcall that cannot swallow the watchdog, and C functions that charge steps for their work. math.random
// draws from `random`, which must outlive the state.
void push_globals(lua_State* lua, Random& random);

// Replaces the table of globals on top of the stack by the environment of all chunks: reading an unknown name or
// assigning an undeclared one is an error that says what to write instead.
void make_environment(lua_State* lua);

// Opens the string functions into the table on top of the stack and makes it the metatable of strings.
void open_strings(lua_State* lua);

}  // namespace engram::script

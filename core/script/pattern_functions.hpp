// string.find, match, gmatch and gsub on our own matcher, whose work is charged step by step.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// Adds the four functions to the table on top of the stack.
void add_pattern_functions(lua_State* lua);

}  // namespace engram::script

// What a failure shows beside its message: the traceback, and the values at hand in the user's own functions.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// The message handler of every watched call: replaces the error value by its text with both below it, without frames of
// the host and without addresses. What it builds does not count as the script's memory.
int describe_failure(lua_State* lua);

}  // namespace engram::script

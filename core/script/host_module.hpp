// `require "engram.host"`: the few functions that the standard library needs from the host.
#pragma once

#include "script/lua.hpp"

namespace engram::script {

// did_you_mean(name, names) -> "; did you mean 'a'?" or "".
// place(level) -> "file:line" of the function `level` calls above the caller, "" where that is not known.
void push_host_module(lua_State* lua);

}  // namespace engram::script

// What a function can reach outside itself: the locals that it and the functions it calls close over, and the tables in
// them. A callback that changes any of these would decide otherwise after a checkpoint than without one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "script/lua.hpp"

namespace engram::script {

struct OutsideVariable {
  std::string name;      // of the local, or "module rules"
  std::string where;     // "file:line" of the function that closes over it; "" for a module
  uint64_t content = 0;  // of the value and every table that is reached through it first
};

// All variables that the function on top of the stack reaches, and those of the modules in the table below it, in an
// order that stays the same as long as nothing changes. Read-only views of the host count as one value. Pops the
// function; runs inside LuaState::protect.
std::vector<OutsideVariable> outside_variables(lua_State* lua);

// The first variable that is different, or nullptr.
const OutsideVariable* first_change(const std::vector<OutsideVariable>& before,
                                    const std::vector<OutsideVariable>& after);

}  // namespace engram::script

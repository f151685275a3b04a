// From the Lua table that a recipe returns to the plain tree of recipe/value.hpp.
#pragma once

#include <string>
#include <vector>

#include "base/errors.hpp"
#include "recipe/value.hpp"
#include "script/lua.hpp"
#include "script/source_map.hpp"

namespace engram::script {

struct TreeInput {
  const SourceMap& map;
  std::string file;             // for places
  std::vector<int>& functions;  // registry references; FunctionHandle::index counts into it
  Faults& faults;
};

// Converts the value on top of the stack, which stays. Runs inside LuaState::protect.
recipe::Value read_tree(lua_State* lua, const TreeInput& input);

}  // namespace engram::script

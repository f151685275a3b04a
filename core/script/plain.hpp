// Plain Lua values to JSON and back, for what callbacks keep in `state`.
#pragma once

#include "base/json.hpp"
#include "script/lua.hpp"

namespace engram::script {

// The value at `index`: numbers, strings in UTF-8, booleans, and tables without metatables that are either a list or
// have only names. Sorted by key. Infinite numbers and NaN become { "@number": "inf" } and the like. Throws RecipeError
// naming the path and what cannot be kept.
Json to_json(lua_State* lua, int index, const std::string& path);

// The inverse; pushes the value.
void push_json(lua_State* lua, const Json& json);

}  // namespace engram::script

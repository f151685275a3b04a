// Lua values and texts from scripts as error messages show them: short, printable, without addresses.
#pragma once

#include <string>
#include <string_view>

#include "script/lua.hpp"

namespace engram::script {

// Valid UTF-8 without control characters save line breaks and tabs, which are written as \27; at most `most` bytes, and
// then "...".
std::string printable(std::string_view text, size_t most);

// "nothing", a number, "'text'", "true", "a table", "a function".
std::string shown(lua_State* lua, int index);

// As shown(), with the first entries of a table, which show tables inside it as "a table".
std::string shown_with_entries(lua_State* lua, int index);

// A NaN without its sign, which means nothing.
std::string shown(double number);

}  // namespace engram::script

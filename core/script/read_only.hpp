// Tables that scripts can read and not change, in which an absent name is an error with the nearest one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "script/lua.hpp"

namespace engram::script {

// What to write instead of an absent name, by that name; "": of any other that is near to none of the known ones.
using Fixes = std::map<std::string, std::string>;

// Replaces the table on top of the stack by a read-only view of it. `kind` begins the error text:
// "unknown metric of new 'acuracy'; did you mean 'accuracy'?". The view follows later raw changes of the table.
void make_read_only(lua_State* lua, const std::string& kind, const Fixes& fixes = {});

// The same for a table some of whose entries are made when they are first read. `missing` is a function on top of the
// stack, above the table: called with the table and an absent key, it returns the entry (and may keep it in the
// table); called with the table alone, before somebody walks over it, it makes all entries.
void make_lazy_read_only(lua_State* lua);

bool is_read_only(lua_State* lua, int index);

// Pushes the table behind a read-only view at `index`, all its entries made, or the value itself when it is none.
void push_contents(lua_State* lua, int index);
// The same with the entries made so far.
void push_made_contents(lua_State* lua, int index);

// Raises "unknown <kind> <key>" with the nearest of the known names, or all of them and the fix. The key is at stack
// index `key`.
int raise_unknown(lua_State* lua, const std::string& kind, int key, const std::vector<std::string>& known,
                  const Fixes& fixes = {});

}  // namespace engram::script

// Which metrics callbacks read, in records that are made while somebody wants to know.
#pragma once

#include <set>
#include <string>

#include "script/lua.hpp"

namespace engram::script {

// From now on, what is read of new records is added to `reads`, which outlives them: "new.accuracy",
// "baseline.new.accuracy", "score". nullptr: no longer.
void watch_reads(lua_State* lua, std::set<std::string>* reads);

// The set that reads are added to, or nullptr.
std::set<std::string>* watched_reads(lua_State* lua);

// Replaces the table on top of the stack by a read-only view. While reads are watched, it adds `prefix` and the key of
// every number that is read; of a table without a prefix, a record, the score alone.
void make_watched(lua_State* lua, const std::string& prefix);

}  // namespace engram::script

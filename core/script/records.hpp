// Metrics and evaluations as callbacks see them: read-only tables in which a misspelt name is an error.
#pragma once

#include "recipe/history.hpp"
#include "script/lua.hpp"

namespace engram::script {

// { <set> = { <metric> = number } }, with `baseline` of the same shape inside it.
void push_metrics(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline);
// The baseline's sets alone.
void push_baseline(lua_State* lua, const recipe::Metrics& baseline);

// Sets a field of the table on top of the stack.
void set_number(lua_State* lua, const char* name, double number);

// An evaluation: its sets, and step, epoch, score.
void push_record(lua_State* lua, const recipe::Evaluation& evaluation);

// What is said where a callback kept its input and reads the history of an earlier call.
inline constexpr const char* kReadTooLate = "the history can be read only while the callback runs that it was given to";

// The list of all evaluations, oldest first; a plain list, made anew each time.
void push_records(lua_State* lua, const recipe::History& history);

}  // namespace engram::script

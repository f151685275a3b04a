// What schedule and stop return, read and checked.
#pragma once

#include <string>
#include <vector>

#include "recipe/history.hpp"
#include "script/callback.hpp"

namespace engram::script {

// The value on top of the stack; numbers of a strategy's settings must begin with one of the ids. Throws RecipeError.
recipe::ScheduleResult read_schedule(lua_State* lua, const Callback& schedule, const std::vector<std::string>& ids);
recipe::StopDecision read_stop(lua_State* lua, const Callback& stop);

}  // namespace engram::script

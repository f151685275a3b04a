// The table `s` that a schedule reads: one for a whole run, its fields set before each step.
#pragma once

#include "recipe/history.hpp"
#include "script/lua.hpp"

namespace engram::script {

class ScheduleView {
 public:
  // `state` is the registry reference of s.state. Inside LuaState::protect, like all of these.
  void make(lua_State* lua, int state);
  // Another state, and no evaluations seen yet: what comes next may be another run.
  void set_state(lua_State* lua, int state);
  // Fills the fields and pushes `s`.
  void push(lua_State* lua, const recipe::ScheduleInput& input);

 private:
  bool goes_on(const recipe::History* history) const;
  void fill_history(lua_State* lua, const recipe::History* history);

  int fields_ = LUA_NOREF;                    // the table behind `s`
  int view_ = LUA_NOREF;                      // `s` itself
  int records_ = LUA_NOREF;                   // evaluations, of which s.history is a copy
  const recipe::History* history_ = nullptr;  // what `records_` shows at the moment, and how much of it
  size_t evaluations_ = 0;
  int64_t last_step_ = 0;
  double last_score_ = 0;
};

}  // namespace engram::script

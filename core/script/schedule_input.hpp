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
  // Fills the fields and pushes `s`. The records behind s.history are made when a schedule first reads it.
  void push(lua_State* lua, const recipe::ScheduleInput& input);
  // The call has ended, and the input's history may go.
  void close() { open_ = false; }

 private:
  static int missing_field(lua_State* lua);
  bool goes_on(const recipe::History* history) const;
  void see(const recipe::History* history);
  void push_records(lua_State* lua);

  int fields_ = LUA_NOREF;                 // the table behind `s`
  int view_ = LUA_NOREF;                   // `s` itself
  int records_ = LUA_NOREF;                // evaluations, of which s.history is a copy
  size_t made_ = 0;                        // how many of them are right
  bool open_ = false;                      // a schedule runs, and `seen_` may be read
  const recipe::History* seen_ = nullptr;  // by the newest call, and how much of it there was
  size_t evaluations_ = 0;
  int64_t last_step_ = 0;
  double last_score_ = 0;
};

}  // namespace engram::script

// The table `h` that a stopping rule reads: made for each call.
#pragma once

#include "recipe/history.hpp"
#include "script/lua.hpp"

namespace engram::script {

class StopView {
 public:
  // Pushes `h`, of at least one evaluation; h.state is the registry reference `state`. h.history is made when a rule
  // first reads it, of `history` as it is then. Inside LuaState::protect.
  void push(lua_State* lua, const recipe::History& history, int state);
  // The call has ended, and `history` may go.
  void close() { history_ = nullptr; }

 private:
  static int missing_field(lua_State* lua);

  const recipe::History* history_ = nullptr;  // while a rule runs
};

}  // namespace engram::script

// Refuses callbacks that change locals outside themselves.
#pragma once

#include <string>
#include <vector>

#include "script/callback.hpp"
#include "script/outside.hpp"
#include "script/state.hpp"

namespace engram::script {

class OutsideCheck {
 public:
  struct Watched {
    std::string title;  // "schedule", "metric 'recall'"
    Callback function;
    std::string fix;
  };
  // Remembers what the functions reach now. `modules`: the registry reference of the loaded modules.
  OutsideCheck(LuaState& state, int modules, std::vector<Watched> functions);

  // Throws RecipeError naming every function that reaches something that has changed since, and the first variable of
  // each that did. What has changed counts as known from then on.
  void check();

 private:
  std::vector<OutsideVariable> look(const Callback& function);

  LuaState& lua_;
  int modules_;
  std::vector<Watched> functions_;
  std::vector<std::vector<OutsideVariable>> known_;  // by function
};

}  // namespace engram::script

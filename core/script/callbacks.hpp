// The run stage: the recipe's schedule, score and stop, called with tables the host fills.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "recipe/history.hpp"
#include "recipe/recipe.hpp"
#include "script/callback.hpp"
#include "script/random.hpp"
#include "script/schedule_input.hpp"
#include "script/state.hpp"
#include "script/stop_input.hpp"

namespace engram::script {

class Callbacks {
 public:
  Callbacks(LuaState& state, Random& random, Callback schedule, Callback score, Callback stop,
            std::vector<std::string> strategy_ids);

  // Each throws RecipeError. Absent: factor 1; nothing (the caller knows the default score); never.
  recipe::ScheduleResult schedule(const recipe::ScheduleInput& input);
  std::optional<double> score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  recipe::StopDecision stop(const recipe::History& history);

  // As score(), but a result that is no finite number passes: made-up metrics may divide by zero.
  void try_score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);

  // { schedule = s.state, stop = h.state, random = the generator's four words }. A state that no checkpoint can keep is
  // a RecipeError at its callback.
  Json state();
  // Also takes what older checkpoints hold: the table of h.state alone.
  void restore(const Json& state);

  const Callback& schedule_callback() const { return schedule_; }
  const Callback& score_callback() const { return score_; }
  const Callback& stop_callback() const { return stop_; }

 private:
  void call_score(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  Json kept(const Callback& callback, int reference, const char* name);
  void keep(lua_State* lua, const Json& state, int& reference);

  LuaState& lua_;
  Random& random_;
  Callback schedule_;
  Callback score_;
  Callback stop_;
  std::vector<std::string> strategy_ids_;
  ScheduleView schedule_view_;
  StopView stop_view_;
  int schedule_state_ = LUA_NOREF;  // s.state
  int stop_state_ = LUA_NOREF;      // h.state
};

}  // namespace engram::script

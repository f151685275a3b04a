// The run stage: the recipe's three functions, called with tables the host fills.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "recipe/history.hpp"
#include "recipe/recipe.hpp"
#include "script/state.hpp"

namespace engram::script {

// A function of the recipe: its registry reference and where it stands.
struct Callback {
  int reference = LUA_NOREF;
  recipe::Place place;
  bool present() const { return reference != LUA_NOREF; }
};

class Callbacks {
 public:
  Callbacks(LuaState& state, Callback schedule, Callback score, Callback stop, std::vector<std::string> strategy_ids);

  // Each throws RecipeError. Absent: factor 1; nothing (the caller knows the default score); never.
  recipe::ScheduleResult schedule(const recipe::ScheduleInput& input);
  std::optional<double> score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  recipe::StopDecision stop(const recipe::History& history);

  // As score(), but a result that is no finite number passes: made-up metrics may divide by zero.
  void try_score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);

  Json state();
  void restore(const Json& state);

 private:
  void fill_schedule_input(lua_State* lua, const recipe::ScheduleInput& input);
  void fill_history(lua_State* lua, const recipe::History* history);
  recipe::ScheduleResult read_schedule(lua_State* lua) const;
  void read_schedule_entry(lua_State* lua, const std::string& name, recipe::ScheduleResult& result) const;
  void read_stop_entry(lua_State* lua, recipe::StopDecision& decision) const;
  recipe::StopDecision read_stop(lua_State* lua) const;
  void push_stop_input(lua_State* lua, const recipe::History& history);
  void call_score(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  [[noreturn]] void refuse(const Callback& callback, std::string what, std::string allowed) const;

  LuaState& lua_;
  Callback schedule_;
  Callback score_;
  Callback stop_;
  std::vector<std::string> strategy_ids_;
  int schedule_fields_ = LUA_NOREF;                  // the table behind `s`, whose fields change each step
  int schedule_view_ = LUA_NOREF;                    // `s` itself
  int kept_ = LUA_NOREF;                             // h.state
  const recipe::History* filled_history_ = nullptr;  // what s.history shows at the moment, and how much of it
  size_t filled_evaluations_ = 0;
};

}  // namespace engram::script

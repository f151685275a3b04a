#include "script/callbacks.hpp"

#include <cmath>
#include <utility>

#include "base/errors.hpp"
#include "base/loan.hpp"
#include "script/plain.hpp"
#include "script/read_only.hpp"
#include "script/records.hpp"
#include "script/results.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

// A table of a stop rule's own could have these names in no other way than on purpose.
bool holds_all_states(const Json& state) {
  return state.is_object() && state.size() == 3 && state.contains("schedule") && state.contains("stop") &&
         state.contains("random") && state["random"].is_array() && state["random"].size() == 4;
}

}  // namespace

Callbacks::Callbacks(LuaState& state, Random& random, Callback schedule, Callback score, Callback stop,
                     std::vector<std::string> strategy_ids)
    : lua_(state),
      random_(random),
      schedule_(std::move(schedule)),
      score_(std::move(score)),
      stop_(std::move(stop)),
      strategy_ids_(std::move(strategy_ids)) {
  lua_.protect([&](lua_State* lua) {
    keep(lua, Json::object(), schedule_state_);
    keep(lua, Json::object(), stop_state_);
    schedule_view_.make(lua, schedule_state_);
  });
}

recipe::ScheduleResult Callbacks::schedule(const recipe::ScheduleInput& input) {
  recipe::ScheduleResult result;
  if (!schedule_.present()) return result;
  const Loan loan(schedule_view_);
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, schedule_.reference);
    schedule_view_.push(lua, input);
    lua_.call(lua, 1, 1, "schedule", schedule_.place, kCallbackSteps);
    result = read_schedule(lua, schedule_, strategy_ids_);
  });
  return result;
}

void Callbacks::call_score(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  push_reference(lua, score_.reference);
  push_metrics(lua, metrics, baseline);
  lua_.call(lua, 1, 1, "score", score_.place, kCallbackSteps);
  if (lua_type(lua, -1) != LUA_TNUMBER) score_.refuse("score returned " + shown(lua, -1), "a finite number");
}

std::optional<double> Callbacks::score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  if (!score_.present()) return std::nullopt;
  double result = 0;
  lua_.protect([&](lua_State* lua) {
    call_score(lua, metrics, baseline);
    result = lua_tonumber(lua, -1);
  });
  if (!std::isfinite(result)) score_.refuse("score returned " + shown(result), "a finite number");
  return result;
}

void Callbacks::try_score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  if (!score_.present()) return;
  lua_.protect([&](lua_State* lua) { call_score(lua, metrics, baseline); });
}

recipe::StopDecision Callbacks::stop(const recipe::History& history) {
  recipe::StopDecision decision;
  if (!stop_.present() || history.evaluations.empty()) return decision;
  const Loan loan(stop_view_);
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, stop_.reference);
    stop_view_.push(lua, history, stop_state_);
    lua_.call(lua, 1, 1, "stop", stop_.place, kCallbackSteps);
    decision = read_stop(lua, stop_);
    lua_settop(lua, 0);
    // The rule's copy of the history is garbage now, and the longer a run the larger.
    lua_gc(lua, LUA_GCCOLLECT, 0);
  });
  return decision;
}

Json Callbacks::kept(const Callback& callback, int reference, const char* name) {
  Json json;
  try {
    lua_.protect([&](lua_State* lua) {
      push_reference(lua, reference);
      json = to_json(lua, -1, name);
    });
  } catch (const RecipeError& error) {
    const Fault& fault = error.faults().front();
    callback.refuse(fault.what, fault.allowed, fault.fix);
  }
  return json;
}

Json Callbacks::state() {
  return {{"schedule", kept(schedule_, schedule_state_, "s.state")},
          {"stop", kept(stop_, stop_state_, "h.state")},
          {"random", random_.state()}};
}

void Callbacks::keep(lua_State* lua, const Json& state, int& reference) {
  if (!state.is_structured()) throw InternalError(Fault{"the saved state of the recipe's callbacks is no table"});
  push_json(lua, state);
  luaL_unref(lua, LUA_REGISTRYINDEX, reference);
  reference = luaL_ref(lua, LUA_REGISTRYINDEX);
}

void Callbacks::restore(const Json& state) {
  const bool all = holds_all_states(state);
  lua_.protect([&](lua_State* lua) {
    keep(lua, all ? state["schedule"] : Json::object(), schedule_state_);
    keep(lua, all ? state["stop"] : state, stop_state_);
    schedule_view_.set_state(lua, schedule_state_);
  });
  if (all) random_.restore(state["random"].get<Random::State>());
}

}  // namespace engram::script

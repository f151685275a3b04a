#include "script/callbacks.hpp"

#include <algorithm>
#include <cmath>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "script/plain.hpp"
#include "script/read_only.hpp"
#include "script/records.hpp"

namespace engram::script {
namespace {

constexpr const char* kScheduleResult = "a number from 0 on, or a table such as { lr = 0.5, [\"ewc.lambda\"] = 2 }";
constexpr const char* kStopResult = "false, a reason as a string, or { rollback = true, reason = \"...\" }";

void push_reference(lua_State* lua, int reference) { lua_rawgeti(lua, LUA_REGISTRYINDEX, reference); }

void set_number(lua_State* lua, int table, const char* name, double number) {
  lua_pushstring(lua, name);
  lua_pushnumber(lua, number);
  lua_rawset(lua, table);
}

// The sign of a NaN means nothing.
std::string shown(double number) { return std::isnan(number) ? "nan" : text::shortest(number); }

std::string shown(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TNIL: return "nothing";
    case LUA_TNUMBER: return shown(lua_tonumber(lua, index));
    case LUA_TSTRING: return "'" + std::string(text_at(lua, index)) + "'";
    case LUA_TBOOLEAN: return lua_toboolean(lua, index) != 0 ? "true" : "false";
    default: return std::string("a ") + luaL_typename(lua, index);
  }
}

bool finite_number(lua_State* lua, int index) {
  return lua_type(lua, index) == LUA_TNUMBER && std::isfinite(lua_tonumber(lua, index));
}

}  // namespace

Callbacks::Callbacks(LuaState& state, Callback schedule, Callback score, Callback stop,
                     std::vector<std::string> strategy_ids)
    : lua_(state),
      schedule_(std::move(schedule)),
      score_(std::move(score)),
      stop_(std::move(stop)),
      strategy_ids_(std::move(strategy_ids)) {
  lua_.protect([&](lua_State* lua) {
    lua_newtable(lua);
    lua_pushvalue(lua, -1);
    schedule_fields_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    for (const char* name : {"step", "steps", "epoch", "epochs"}) set_number(lua, lua_gettop(lua), name, 0);
    fill_history(lua, nullptr);
    make_read_only(lua, "field of a schedule's input");
    schedule_view_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    kept_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  });
}

void Callbacks::refuse(const Callback& callback, std::string what, std::string allowed) const {
  throw RecipeError(Fault{std::move(what), callback.place.text(), std::move(allowed)});
}

// The table behind `s` is on top of the stack.
void Callbacks::fill_history(lua_State* lua, const recipe::History* history) {
  const int fields = lua_gettop(lua);
  filled_history_ = history;
  filled_evaluations_ = history == nullptr ? 0 : history->evaluations.size();
  set_number(lua, fields, "evaluations", static_cast<double>(filled_evaluations_));
  lua_pushstring(lua, "history");
  if (history == nullptr) {
    lua_newtable(lua);
  } else {
    push_records(lua, *history);
  }
  lua_rawset(lua, fields);
}

void Callbacks::fill_schedule_input(lua_State* lua, const recipe::ScheduleInput& input) {
  push_reference(lua, schedule_fields_);
  const int fields = lua_gettop(lua);
  set_number(lua, fields, "step", static_cast<double>(input.step));
  set_number(lua, fields, "steps", static_cast<double>(input.steps));
  set_number(lua, fields, "epoch", input.epoch);
  set_number(lua, fields, "epochs", input.epochs);
  const size_t evaluations = input.history == nullptr ? 0 : input.history->evaluations.size();
  if (input.history != filled_history_ || evaluations != filled_evaluations_) fill_history(lua, input.history);
  lua_pop(lua, 1);
}

recipe::ScheduleResult Callbacks::schedule(const recipe::ScheduleInput& input) {
  recipe::ScheduleResult result;
  if (!schedule_.present()) return result;
  lua_.protect([&](lua_State* lua) {
    fill_schedule_input(lua, input);
    push_reference(lua, schedule_.reference);
    push_reference(lua, schedule_view_);
    lua_.call(lua, 1, 1, "schedule", schedule_.place, kCallbackSteps);
    result = read_schedule(lua);
  });
  return result;
}

// One entry of a schedule's table; its value is on top of the stack.
void Callbacks::read_schedule_entry(lua_State* lua, const std::string& name, recipe::ScheduleResult& result) const {
  if (!finite_number(lua, -1)) {
    refuse(schedule_, "schedule returned " + name + " = " + shown(lua, -1), "a finite number");
  }
  const std::string owner = name.substr(0, name.find('.'));
  const bool known = name.size() > owner.size() + 1 &&
                     std::find(strategy_ids_.begin(), strategy_ids_.end(), owner) != strategy_ids_.end();
  if (name == "lr") {
    result.rate_factor = lua_tonumber(lua, -1);
  } else if (known) {
    result.strategy_numbers[name] = lua_tonumber(lua, -1);
  } else {
    std::vector<std::string> names = {"lr"};
    for (const std::string& id : strategy_ids_) names.push_back(id + ".<setting>");
    refuse(schedule_, "schedule returned unknown '" + name + "'" + text::did_you_mean(owner, strategy_ids_),
           text::join(names, ", "));
  }
}

recipe::ScheduleResult Callbacks::read_schedule(lua_State* lua) const {
  recipe::ScheduleResult result;
  const int type = lua_type(lua, -1);
  if (type == LUA_TNUMBER) {
    result.rate_factor = lua_tonumber(lua, -1);
  } else if (type != LUA_TTABLE) {
    refuse(schedule_, "schedule returned " + shown(lua, -1), kScheduleResult);
  } else {
    const int table = lua_gettop(lua);
    lua_pushnil(lua);
    while (lua_next(lua, table) != 0) {
      if (lua_type(lua, -2) != LUA_TSTRING) refuse(schedule_, "schedule returned a list", kScheduleResult);
      read_schedule_entry(lua, std::string(text_at(lua, -2)), result);
      lua_pop(lua, 1);
    }
  }
  if (!std::isfinite(result.rate_factor) || result.rate_factor < 0) {
    refuse(schedule_, "schedule returned the factor " + shown(result.rate_factor), kScheduleResult);
  }
  return result;
}

void Callbacks::call_score(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  push_reference(lua, score_.reference);
  push_metrics(lua, metrics, &baseline);
  lua_.call(lua, 1, 1, "score", score_.place, kCallbackSteps);
  if (lua_type(lua, -1) != LUA_TNUMBER) refuse(score_, "score returned " + shown(lua, -1), "a finite number");
}

std::optional<double> Callbacks::score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  if (!score_.present()) return std::nullopt;
  double result = 0;
  lua_.protect([&](lua_State* lua) {
    call_score(lua, metrics, baseline);
    result = lua_tonumber(lua, -1);
  });
  if (!std::isfinite(result)) refuse(score_, "score returned " + shown(result), "a finite number");
  return result;
}

void Callbacks::try_score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  if (!score_.present()) return;
  lua_.protect([&](lua_State* lua) { call_score(lua, metrics, baseline); });
}

void Callbacks::push_stop_input(lua_State* lua, const recipe::History& history) {
  lua_createtable(lua, 0, 6);
  push_records(lua, history);
  if (!history.evaluations.empty()) {
    const size_t best = std::min(history.best, history.evaluations.size() - 1);
    lua_rawgeti(lua, -1, static_cast<int>(history.evaluations.size()));
    lua_setfield(lua, -3, "last");
    lua_rawgeti(lua, -1, static_cast<int>(best) + 1);
    lua_setfield(lua, -3, "best");
  }
  lua_setfield(lua, -2, "history");
  push_metrics(lua, history.baseline, nullptr);
  lua_setfield(lua, -2, "baseline");
  set_number(lua, lua_gettop(lua), "evaluations", static_cast<double>(history.evaluations.size()));
  push_reference(lua, kept_);
  lua_setfield(lua, -2, "state");
  make_read_only(lua, "field of a stopping rule's input");
}

recipe::StopDecision Callbacks::stop(const recipe::History& history) {
  recipe::StopDecision decision;
  if (!stop_.present() || history.evaluations.empty()) return decision;
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, stop_.reference);
    push_stop_input(lua, history);
    lua_.call(lua, 1, 1, "stop", stop_.place, kCallbackSteps);
    decision = read_stop(lua);
  });
  try {
    state();
  } catch (const RecipeError& error) {
    refuse(stop_, error.faults().front().what, error.faults().front().allowed);
  }
  return decision;
}

void Callbacks::read_stop_entry(lua_State* lua, recipe::StopDecision& decision) const {
  const std::string key = lua_type(lua, -2) == LUA_TSTRING ? std::string(text_at(lua, -2)) : "a list entry";
  if (key == "rollback" && lua_isboolean(lua, -1)) {
    decision.rollback = lua_toboolean(lua, -1) != 0;
  } else if (key == "reason" && lua_type(lua, -1) == LUA_TSTRING) {
    decision.reason = text_at(lua, -1);
  } else if (key == "rollback" || key == "reason") {
    refuse(stop_, "stop returned " + key + " = " + shown(lua, -1), kStopResult);
  } else {
    refuse(stop_, "stop returned a table with " + key + text::did_you_mean(key, {"rollback", "reason"}), kStopResult);
  }
}

recipe::StopDecision Callbacks::read_stop(lua_State* lua) const {
  recipe::StopDecision decision;
  const int type = lua_type(lua, -1);
  if (type == LUA_TNIL || (type == LUA_TBOOLEAN && lua_toboolean(lua, -1) == 0)) return decision;
  decision.stop = true;
  if (type == LUA_TSTRING) {
    decision.reason = text_at(lua, -1);
  } else if (type == LUA_TTABLE) {
    const int table = lua_gettop(lua);
    lua_pushnil(lua);
    for (; lua_next(lua, table) != 0; lua_pop(lua, 1)) read_stop_entry(lua, decision);
  } else {
    refuse(stop_, "stop returned " + shown(lua, -1), kStopResult);
  }
  if (decision.reason.empty()) refuse(stop_, "stop returned no reason", kStopResult);
  return decision;
}

Json Callbacks::state() {
  Json json;
  lua_.protect([&](lua_State* lua) {
    push_reference(lua, kept_);
    json = to_json(lua, -1, "h.state");
  });
  return json;
}

void Callbacks::restore(const Json& state) {
  if (!state.is_structured()) throw InternalError(Fault{"the saved state of the recipe's callbacks is no table"});
  lua_.protect([&](lua_State* lua) {
    push_json(lua, state);
    luaL_unref(lua, LUA_REGISTRYINDEX, kept_);
    kept_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  });
}

}  // namespace engram::script

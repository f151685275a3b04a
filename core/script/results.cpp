#include "script/results.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

constexpr const char* kScheduleResult = "a number from 0 on, or a table such as { lr = 0.5, [\"ewc.lambda\"] = 2 }";
constexpr const char* kStopResult =
    "false, a reason as a string, { rollback = true, reason = \"...\" }, or this with cut = 0.5";
constexpr size_t kLongestReason = 20000;  // bytes

bool finite_number(lua_State* lua, int index) {
  return lua_type(lua, index) == LUA_TNUMBER && std::isfinite(lua_tonumber(lua, index));
}

// One entry of a schedule's table; its value is on top of the stack.
void read_schedule_entry(lua_State* lua, const Callback& schedule, const std::vector<std::string>& ids,
                         recipe::ScheduleResult& result) {
  const std::string name(text_at(lua, -2));
  const std::string owner = name.substr(0, name.find('.'));
  const bool known = name.size() > owner.size() + 1 && std::find(ids.begin(), ids.end(), owner) != ids.end();
  if (name != "lr" && !known) {
    std::vector<std::string> names = {"lr"};
    for (const std::string& id : ids) names.push_back(id + ".<setting>");
    schedule.refuse("schedule returned unknown " + shown(lua, -2) + text::did_you_mean(owner, ids),
                    text::join(names, ", "));
  }
  if (!finite_number(lua, -1)) {
    schedule.refuse("schedule returned " + name + " = " + shown(lua, -1), "a finite number");
  }
  (known ? result.strategy_numbers[name] : result.rate_factor) = lua_tonumber(lua, -1);
}

void read_stop_entry(lua_State* lua, const Callback& stop, recipe::StopDecision& decision) {
  const std::string key = lua_type(lua, -2) == LUA_TSTRING ? std::string(text_at(lua, -2)) : "";
  if (key == "rollback" && lua_isboolean(lua, -1)) {
    decision.rollback = lua_toboolean(lua, -1) != 0;
  } else if (key == "reason" && lua_type(lua, -1) == LUA_TSTRING) {
    decision.reason = printable(text_at(lua, -1), kLongestReason);
  } else if (key == "cut") {
    decision.cut = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : NAN;
    if (!(decision.cut > 0 && decision.cut < 1)) {
      stop.refuse("stop returned cut = " + shown(lua, -1), "a number between 0 and 1, by which the rate is multiplied");
    }
  } else if (key == "rollback" || key == "reason") {
    stop.refuse("stop returned " + key + " = " + shown(lua, -1), kStopResult);
  } else {
    const std::string named = key.empty() ? "a list entry" : shown(lua, -2);
    stop.refuse("stop returned a table with " + named + text::did_you_mean(key, {"rollback", "reason", "cut"}),
                kStopResult);
  }
}

}  // namespace

recipe::ScheduleResult read_schedule(lua_State* lua, const Callback& schedule, const std::vector<std::string>& ids) {
  recipe::ScheduleResult result;
  const int type = lua_type(lua, -1);
  if (type == LUA_TNUMBER) {
    result.rate_factor = lua_tonumber(lua, -1);
  } else if (type != LUA_TTABLE) {
    schedule.refuse("schedule returned " + shown(lua, -1), kScheduleResult);
  } else {
    const int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
      if (lua_type(lua, -2) != LUA_TSTRING) schedule.refuse("schedule returned a list", kScheduleResult);
      read_schedule_entry(lua, schedule, ids, result);
    }
  }
  if (!std::isfinite(result.rate_factor) || result.rate_factor < 0) {
    schedule.refuse("schedule returned the factor " + shown(result.rate_factor), kScheduleResult);
  }
  return result;
}

recipe::StopDecision read_stop(lua_State* lua, const Callback& stop) {
  recipe::StopDecision decision;
  const int type = lua_type(lua, -1);
  if (type == LUA_TNIL || (type == LUA_TBOOLEAN && lua_toboolean(lua, -1) == 0)) return decision;
  decision.stop = true;
  if (type == LUA_TSTRING) {
    decision.reason = printable(text_at(lua, -1), kLongestReason);
  } else if (type == LUA_TTABLE) {
    const int table = lua_gettop(lua);
    for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) read_stop_entry(lua, stop, decision);
  } else {
    stop.refuse("stop returned " + shown(lua, -1), kStopResult);
  }
  if (decision.reason.empty()) stop.refuse("stop returned no reason", kStopResult);
  if (decision.cut > 0 && !decision.rollback) {
    stop.refuse("stop returned cut without rollback", kStopResult,
                "add rollback = true, or lower the rate in schedule");
  }
  return decision;
}

}  // namespace engram::script

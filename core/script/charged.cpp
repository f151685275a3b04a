#include "script/charged.hpp"

#include <algorithm>
#include <cmath>

#include "script/budget.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

constexpr double kStepsPerCompare = 8;
constexpr double kItemsPerStep = 8;

double size_of(lua_State* lua, int index) {
  const int type = lua_type(lua, index);
  return type == LUA_TSTRING || type == LUA_TTABLE ? static_cast<double>(lua_objlen(lua, index)) : 0;
}

// Comparing two strings takes as long as they are alike.
double longest_text(lua_State* lua, int list) {
  size_t longest = 0;
  const size_t count = lua_objlen(lua, list);
  for (size_t i = 1; i <= count; ++i) {
    lua_rawgeti(lua, list, static_cast<int>(i));
    if (lua_type(lua, -1) == LUA_TSTRING) longest = std::max(longest, lua_objlen(lua, -1));
    lua_pop(lua, 1);
  }
  return static_cast<double>(longest);
}

double steps_for(lua_State* lua, Work work, int arguments) {
  if (work == Work::constant) return 0;
  if (work == Work::sorting && lua_istable(lua, 1)) {
    const double items = size_of(lua, 1);
    return items * (1 + std::log2(items + 1)) * (kStepsPerCompare + longest_text(lua, 1) / kItemsPerStep);
  }
  if (work == Work::repeating) {
    return (size_of(lua, 1) + size_of(lua, 3)) * std::fmax(0, lua_tonumber(lua, 2)) / kItemsPerStep;
  }
  if (work == Work::shifting) {
    const double position = arguments > 2 ? lua_tonumber(lua, 2) : 1;
    return size_of(lua, 1) / kItemsPerStep + std::fmax(0, 1 - position);
  }
  double total = 0;
  for (int i = 1; i <= arguments; ++i) total += size_of(lua, i);
  return total / kItemsPerStep;
}

// Lists are walked and changed without their metatables, so that views would seem empty and could be written to.
void refuse_view(lua_State* lua, int arguments) {
  for (int i = 1; i <= arguments; ++i) {
    if (is_read_only(lua, i)) raise(lua, "this read-only table is no list. Fix: walk over it with pairs");
  }
}

int charged(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  const auto work = static_cast<Work>(lua_tointeger(lua, lua_upvalueindex(2)));
  refuse_view(lua, arguments);
  const double steps = 1 + steps_for(lua, work, arguments);
  charge(lua, steps < 1e15 ? static_cast<int64_t>(steps) : static_cast<int64_t>(1e15));
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, arguments, LUA_MULTRET);
  return lua_gettop(lua);
}

}  // namespace

void charge_function(lua_State* lua, Work work) {
  lua_pushinteger(lua, static_cast<lua_Integer>(work));
  lua_pushcclosure(lua, guarded<charged>, 2);
}

void copy_charged(lua_State* lua, int library, int target, const char* name, Work work) {
  lua_getfield(lua, library, name);
  charge_function(lua, work);
  lua_setfield(lua, target, name);
}

}  // namespace engram::script

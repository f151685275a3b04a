#include "script/charged.hpp"

#include <cmath>

#include "script/budget.hpp"

namespace engram::script {
namespace {

constexpr double kStepsPerCompare = 8;
constexpr double kItemsPerStep = 8;

double size_of(lua_State* lua, int index) {
  const int type = lua_type(lua, index);
  return type == LUA_TSTRING || type == LUA_TTABLE ? static_cast<double>(lua_objlen(lua, index)) : 0;
}

double steps_for(lua_State* lua, Work work, int arguments) {
  if (work == Work::sorting) {
    const double items = size_of(lua, 1);
    return items * (1 + std::log2(items + 1)) * kStepsPerCompare;
  }
  if (work == Work::repeating) return size_of(lua, 1) * std::fmax(0, lua_tonumber(lua, 2)) / kItemsPerStep;
  double total = 0;
  for (int i = 1; i <= arguments; ++i) total += size_of(lua, i);
  return total / kItemsPerStep;
}

int charged(lua_State* lua) {
  const int arguments = lua_gettop(lua);
  const auto work = static_cast<Work>(lua_tointeger(lua, lua_upvalueindex(2)));
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

#include "script/host_module.hpp"

#include <vector>

#include "base/text.hpp"
#include "recipe/metric_direction.hpp"
#include "script/budget.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

constexpr int64_t kStepsPerName = 20;  // for each letter of the name that is looked for

int did_you_mean(lua_State* lua) {
  const std::string name(text_at(lua, 1));
  luaL_checktype(lua, 2, LUA_TTABLE);
  std::vector<std::string> names;
  charge(lua, static_cast<int64_t>(lua_objlen(lua, 2) * (1 + name.size())) * kStepsPerName);
  for (size_t i = 1; i <= lua_objlen(lua, 2); ++i) {
    lua_rawgeti(lua, 2, static_cast<int>(i));
    names.emplace_back(text_at(lua, -1));
    lua_pop(lua, 1);
  }
  push_text(lua, text::did_you_mean(name, names));
  return 1;
}

int place(lua_State* lua) {
  std::string text = where(lua, 1 + static_cast<int>(luaL_checkinteger(lua, 1)));
  if (text.size() >= 2) text.resize(text.size() - 2);
  push_text(lua, text);
  return 1;
}

int smaller_is_better(lua_State* lua) {
  const auto& directions = *static_cast<const Directions*>(lua_touserdata(lua, lua_upvalueindex(1)));
  luaL_checktype(lua, 1, LUA_TSTRING);
  if (!directions.read) {
    return raise(lua, "host.smaller_is_better is asked while the recipe is read. Fix: ask when the callback runs");
  }
  lua_pushboolean(lua, directions.smaller_is_better(std::string(text_at(lua, 1))) ? 1 : 0);
  return 1;
}

}  // namespace

bool Directions::smaller_is_better(const std::string& metric) const {
  const recipe::OwnMetric* found = recipe::own_metric_of(own, metric);
  return recipe::measured_falls(metric) || (found != nullptr && found->smaller_is_better);
}

void push_host_module(lua_State* lua, const Directions& directions) {
  lua_createtable(lua, 0, 3);
  lua_pushlightuserdata(lua, const_cast<Directions*>(&directions));
  lua_pushcclosure(lua, guarded<smaller_is_better>, 1);
  lua_setfield(lua, -2, "smaller_is_better");
  lua_pushcfunction(lua, guarded<did_you_mean>);
  lua_setfield(lua, -2, "did_you_mean");
  lua_pushcfunction(lua, guarded<place>);
  lua_setfield(lua, -2, "place");
  make_read_only(lua, "function of engram.host");
}

}  // namespace engram::script

#include "script/stop_input.hpp"

#include <algorithm>

#include "script/callback.hpp"
#include "script/read_only.hpp"
#include "script/records.hpp"

namespace engram::script {
namespace {

int best_of(const recipe::History& history) {
  return static_cast<int>(std::min(history.best, history.evaluations.size() - 1));
}

// The entry `index` of the list on top of the stack becomes the record that the table at 1 has as `field`.
void same_record(lua_State* lua, const char* field, int index) {
  lua_pushstring(lua, field);
  lua_rawget(lua, 1);
  lua_rawseti(lua, -2, index);
}

}  // namespace

// An absent field of the fields' table; the view is the upvalue.
int StopView::missing_field(lua_State* lua) {
  const recipe::History* history = static_cast<const StopView*>(lua_touserdata(lua, lua_upvalueindex(1)))->history_;
  if (lua_gettop(lua) > 1 && text_at(lua, 2) != "history") {
    Fixes fixes;
    if (history != nullptr) {
      for (const auto& [set, numbers] : history->baseline) fixes[set] = "write h.last." + set;
    }
    return raise_unknown(lua, "field of a stopping rule's input", 2,
                         {"baseline", "best", "evaluations", "history", "last", "seconds", "state", "step", "steps"},
                         fixes);
  }
  if (history == nullptr) return raise(lua, kReadTooLate);
  lua_settop(lua, 1);
  push_records(lua, *history);
  same_record(lua, "best", best_of(*history) + 1);
  same_record(lua, "last", static_cast<int>(history->evaluations.size()));
  lua_pushliteral(lua, "history");
  lua_pushvalue(lua, 2);
  lua_rawset(lua, 1);
  return 1;
}

void StopView::push(lua_State* lua, const recipe::History& history, int state) {
  history_ = &history;
  lua_createtable(lua, 0, 9);
  const int best = best_of(history);
  push_record(lua, history.evaluations.back());
  if (best + 1 == static_cast<int>(history.evaluations.size())) {
    lua_pushvalue(lua, -1);
  } else {
    push_record(lua, history.evaluations[static_cast<size_t>(best)]);
  }
  lua_setfield(lua, -3, "best");
  lua_setfield(lua, -2, "last");
  push_baseline(lua, history.baseline);
  lua_setfield(lua, -2, "baseline");
  set_number(lua, "evaluations", static_cast<double>(history.evaluations.size()));
  set_number(lua, "step", static_cast<double>(history.evaluations.back().step));
  set_number(lua, "steps", static_cast<double>(history.steps));
  set_number(lua, "seconds", history.seconds);
  push_reference(lua, state);
  lua_setfield(lua, -2, "state");
  lua_pushlightuserdata(lua, this);
  lua_pushcclosure(lua, guarded<missing_field>, 1);
  make_lazy_read_only(lua);
}

}  // namespace engram::script

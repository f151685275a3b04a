#include "script/schedule_input.hpp"

#include <algorithm>

#include "script/callback.hpp"
#include "script/read_only.hpp"
#include "script/records.hpp"

namespace engram::script {
namespace {

void set_number(lua_State* lua, int table, const char* name, double number) {
  lua_pushstring(lua, name);
  lua_pushnumber(lua, number);
  lua_rawset(lua, table);
}

}  // namespace

// An absent field of the fields' table; the view is the upvalue. s.history is a copy of the records, so that no call
// sees what another one did to its list.
int ScheduleView::missing_field(lua_State* lua) {
  if (lua_gettop(lua) > 1 && text_at(lua, 2) != "history") {
    return raise_unknown(lua, "field of a schedule's input", 2,
                         {"epoch", "epochs", "evaluations", "history", "state", "step", "steps"});
  }
  lua_settop(lua, 1);
  static_cast<ScheduleView*>(lua_touserdata(lua, lua_upvalueindex(1)))->push_records(lua);
  const auto count = static_cast<int>(lua_objlen(lua, 2));
  lua_createtable(lua, count, 0);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(lua, 2, i);
    lua_rawseti(lua, 3, i);
  }
  lua_pushliteral(lua, "history");
  lua_pushvalue(lua, 3);
  lua_rawset(lua, 1);
  return 1;
}

void ScheduleView::make(lua_State* lua, int state) {
  lua_newtable(lua);
  lua_pushvalue(lua, -1);
  fields_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_newtable(lua);
  records_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushlightuserdata(lua, this);
  lua_pushcclosure(lua, guarded<missing_field>, 1);
  make_lazy_read_only(lua);
  view_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  set_state(lua, state);
}

void ScheduleView::set_state(lua_State* lua, int state) {
  push_reference(lua, fields_);
  lua_pushliteral(lua, "state");
  push_reference(lua, state);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
  see(nullptr);
}

// Whether what was seen begins `history`: a run's history only grows, or loses its end first.
bool ScheduleView::goes_on(const recipe::History* history) const {
  if (history == nullptr || history != seen_ || evaluations_ == 0) return false;
  if (history->evaluations.size() < evaluations_) return false;
  const recipe::Evaluation& newest_seen = history->evaluations[evaluations_ - 1];
  return newest_seen.step == last_step_ && newest_seen.score == last_score_;
}

void ScheduleView::see(const recipe::History* history) {
  if (!goes_on(history)) made_ = 0;
  seen_ = history;
  evaluations_ = history == nullptr ? 0 : history->evaluations.size();
  last_step_ = evaluations_ == 0 ? 0 : history->evaluations.back().step;
  last_score_ = evaluations_ == 0 ? 0 : history->evaluations.back().score;
}

void ScheduleView::push_records(lua_State* lua) {
  if (!open_) raise(lua, kReadTooLate);
  push_reference(lua, records_);
  const size_t before = lua_objlen(lua, -1);
  for (size_t i = made_; i < std::max(evaluations_, before); ++i) {
    if (i < evaluations_) {
      push_record(lua, seen_->evaluations[i]);
    } else {
      lua_pushnil(lua);
    }
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
  made_ = evaluations_;
}

void ScheduleView::push(lua_State* lua, const recipe::ScheduleInput& input) {
  see(input.history);
  open_ = true;
  push_reference(lua, fields_);
  const int fields = lua_gettop(lua);
  set_number(lua, fields, "step", static_cast<double>(input.step));
  set_number(lua, fields, "steps", static_cast<double>(input.steps));
  set_number(lua, fields, "epoch", input.epoch);
  set_number(lua, fields, "epochs", input.epochs);
  set_number(lua, fields, "evaluations", static_cast<double>(evaluations_));
  lua_pushliteral(lua, "history");
  lua_pushnil(lua);
  lua_rawset(lua, fields);
  push_reference(lua, view_);
  lua_replace(lua, fields);
}

}  // namespace engram::script

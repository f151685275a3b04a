#include "script/records.hpp"

#include "script/read_only.hpp"

namespace engram::script {
namespace {

// A table from set to read-only metrics, not yet read-only itself.
void push_sets(lua_State* lua, const recipe::Metrics& metrics) {
  luaL_checkstack(lua, 8, "metrics");
  lua_createtable(lua, 0, static_cast<int>(metrics.size()) + 3);
  for (const auto& [set, numbers] : metrics) {
    push_text(lua, set);
    lua_createtable(lua, 0, static_cast<int>(numbers.size()));
    for (const auto& [metric, number] : numbers) {
      push_text(lua, metric);
      lua_pushnumber(lua, number);
      lua_rawset(lua, -3);
    }
    make_read_only(lua, "metric of " + set);
    lua_rawset(lua, -3);
  }
}

void set_number(lua_State* lua, const char* name, double number) {
  lua_pushnumber(lua, number);
  lua_setfield(lua, -2, name);
}

}  // namespace

void push_metrics(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics* baseline) {
  push_sets(lua, metrics);
  if (baseline != nullptr) {
    push_sets(lua, *baseline);
    make_read_only(lua, "evaluation set of the baseline");
    lua_setfield(lua, -2, "baseline");
  }
  make_read_only(lua, "evaluation set");
}

void push_record(lua_State* lua, const recipe::Evaluation& evaluation) {
  push_sets(lua, evaluation.metrics);
  set_number(lua, "step", static_cast<double>(evaluation.step));
  set_number(lua, "epoch", evaluation.epoch);
  set_number(lua, "score", evaluation.score);
  make_read_only(lua, "evaluation set");
}

void push_records(lua_State* lua, const recipe::History& history) {
  lua_createtable(lua, static_cast<int>(history.evaluations.size()), 0);
  for (size_t i = 0; i < history.evaluations.size(); ++i) {
    push_record(lua, history.evaluations[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

}  // namespace engram::script

#include "script/records.hpp"

#include "script/read_only.hpp"
#include "script/watched.hpp"

namespace engram::script {
namespace {

const Fixes kSetFix = {{"", "a set has its name under data, as in m.new.accuracy"}};

void finish(lua_State* lua, const std::string& kind, const std::string& prefix) {
  watched_reads(lua) == nullptr ? make_read_only(lua, kind) : make_watched(lua, prefix);
}

// A table from set to read-only metrics, not yet read-only itself. `prefix` begins the names of what is read.
void push_sets(lua_State* lua, const recipe::Metrics& metrics, const std::string& prefix = "") {
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
    finish(lua, "metric of " + set, prefix + set + ".");
    lua_rawset(lua, -3);
  }
}

}  // namespace

void set_number(lua_State* lua, const char* name, double number) {
  lua_pushnumber(lua, number);
  lua_setfield(lua, -2, name);
}

void push_baseline(lua_State* lua, const recipe::Metrics& baseline) {
  push_sets(lua, baseline, "baseline.");
  make_read_only(lua, "evaluation set", kSetFix);
}

void push_metrics(lua_State* lua, const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  push_sets(lua, metrics);
  push_sets(lua, baseline, "baseline.");
  make_read_only(lua, "evaluation set of the baseline");
  lua_setfield(lua, -2, "baseline");
  make_read_only(lua, "evaluation set", kSetFix);
}

void push_record(lua_State* lua, const recipe::Evaluation& evaluation) {
  push_sets(lua, evaluation.metrics);
  set_number(lua, "step", static_cast<double>(evaluation.step));
  set_number(lua, "epoch", evaluation.epoch);
  set_number(lua, "score", evaluation.score);
  finish(lua, "evaluation set", "");
}

void push_records(lua_State* lua, const recipe::History& history) {
  lua_createtable(lua, static_cast<int>(history.evaluations.size()), 0);
  for (size_t i = 0; i < history.evaluations.size(); ++i) {
    push_record(lua, history.evaluations[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

}  // namespace engram::script

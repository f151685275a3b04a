#include "script/examples.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "script/budget.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

const Fixes kClassFixes = {
    {"", "return {} for sets that the metric does not fit, such as: if e.role ~= \"new\" then return {} end"}};
const std::vector<std::string> kBig = {"confusion", "counts", "groups", "labels", "predictions", "probabilities"};

void set_text(lua_State* lua, const char* name, const std::string& text) {
  push_text(lua, text);
  lua_setfield(lua, -2, name);
}

}  // namespace

void Examples::open(const recipe::ScoredSet& set) {
  const auto classes = static_cast<int64_t>(set.shape.classes.size());
  const auto outside = [&](int64_t index) { return index < 0 || index >= classes; };
  const bool fits = set.predictions.size() == set.labels.size() &&
                    set.probabilities.size() == set.labels.size() * set.shape.classes.size() &&
                    (set.groups.empty() || set.groups.size() == set.labels.size());
  if (!fits || std::any_of(set.labels.begin(), set.labels.end(), outside) ||
      std::any_of(set.predictions.begin(), set.predictions.end(), outside)) {
    throw InternalError(Fault{"the scored examples of '" + set.shape.name + "' do not fit its classes"});
  }
  set_ = &set;
  ++opened_;
}

void Examples::close() { set_ = nullptr; }

void Examples::push(lua_State* lua) {
  const Giving giving(lua);
  lua_newtable(lua);
  set_text(lua, "set", set_->shape.name);
  set_text(lua, "role", set_->shape.original ? "original" : "new");
  lua_pushnumber(lua, static_cast<double>(set_->labels.size()));
  lua_setfield(lua, -2, "count");
  push_classes(lua);
  lua_setfield(lua, -2, "classes");
  push_lazy(lua, Table::top);
}

// Makes the table on top of the stack a view whose absent entries come from here.
void Examples::push_lazy(lua_State* lua, Table table) {
  lua_pushlightuserdata(lua, this);
  lua_pushnumber(lua, static_cast<double>(opened_));
  lua_pushinteger(lua, static_cast<lua_Integer>(table));
  lua_pushcclosure(lua, guarded<missing>, 3);
  make_lazy_read_only(lua);
}

std::vector<std::string> Examples::keys(Table table) const { return table == Table::top ? kBig : set_->shape.classes; }

int Examples::missing(lua_State* lua) {
  Examples& examples = *static_cast<Examples*>(lua_touserdata(lua, lua_upvalueindex(1)));
  const auto opened = static_cast<int64_t>(lua_tonumber(lua, lua_upvalueindex(2)));
  const auto table = static_cast<Table>(lua_tointeger(lua, lua_upvalueindex(3)));
  if (examples.set_ == nullptr || opened != examples.opened_) {
    return raise(lua, "these examples are gone: a metric may read them only while it runs");
  }
  const std::vector<std::string> keys = examples.keys(table);
  if (lua_gettop(lua) == 1) {
    for (const std::string& key : keys) {
      lua_getfield(lua, 1, key.c_str());
      lua_pop(lua, 1);
    }
    return 0;
  }
  const std::string key(lua_type(lua, 2) == LUA_TSTRING ? text_at(lua, 2) : "");
  const Giving giving(lua);
  if (std::find(keys.begin(), keys.end(), key) == keys.end() || !examples.push_entry(lua, table, key)) {
    if (table == Table::probabilities) {
      return raise_unknown(lua, "class of " + examples.set_->shape.name, 2, keys, kClassFixes);
    }
    std::vector<std::string> known = {"set", "role", "count", "classes"};
    known.insert(known.end(), keys.begin(), keys.end());
    return raise_unknown(lua, "field of the scored examples", 2, known);
  }
  lua_pushvalue(lua, 2);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, 1);
  return 1;
}

// Pushes the entry, nil included.
bool Examples::push_entry(lua_State* lua, Table table, const std::string& key) {
  luaL_checkstack(lua, 16, "scored examples");
  if (table == Table::probabilities) {
    const auto& classes = set_->shape.classes;
    push_probabilities_of(lua, static_cast<size_t>(std::find(classes.begin(), classes.end(), key) - classes.begin()));
  } else if (key == "labels") {
    push_indices(lua, set_->labels);
  } else if (key == "predictions") {
    push_indices(lua, set_->predictions);
  } else if (key == "groups") {
    push_groups(lua);
  } else if (key == "confusion") {
    push_confusion(lua);
  } else if (key == "counts") {
    push_counts(lua);
  } else {
    lua_newtable(lua);
    push_lazy(lua, Table::probabilities);
  }
  return true;
}

void Examples::push_indices(lua_State* lua, std::span<const int64_t> indices) const {
  lua_createtable(lua, static_cast<int>(indices.size()), 0);
  for (size_t i = 0; i < indices.size(); ++i) {
    lua_pushnumber(lua, static_cast<double>(indices[i]) + 1);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

void Examples::push_probabilities_of(lua_State* lua, size_t index) const {
  const size_t classes = set_->shape.classes.size();
  lua_createtable(lua, static_cast<int>(set_->labels.size()), 0);
  for (size_t i = 0; i < set_->labels.size(); ++i) {
    lua_pushnumber(lua, set_->probabilities[i * classes + index]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

void Examples::push_groups(lua_State* lua) const {
  if (set_->groups.empty()) return lua_pushnil(lua);
  lua_createtable(lua, static_cast<int>(set_->groups.size()), 0);
  for (size_t i = 0; i < set_->groups.size(); ++i) {
    push_text(lua, set_->groups[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

void Examples::push_classes(lua_State* lua) const {
  const auto& classes = set_->shape.classes;
  lua_createtable(lua, static_cast<int>(classes.size()), 0);
  for (size_t i = 0; i < classes.size(); ++i) {
    push_text(lua, classes[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

// (C, C): rows are labels.
std::vector<int64_t> Examples::confusion() const {
  const size_t classes = set_->shape.classes.size();
  std::vector<int64_t> counts(classes * classes);
  for (size_t i = 0; i < set_->labels.size(); ++i) {
    ++counts[static_cast<size_t>(set_->labels[i]) * classes + static_cast<size_t>(set_->predictions[i])];
  }
  return counts;
}

void Examples::push_by_class(lua_State* lua, const std::vector<int64_t>& numbers, const std::string& kind) const {
  lua_createtable(lua, 0, static_cast<int>(numbers.size()));
  for (size_t c = 0; c < numbers.size(); ++c) {
    push_text(lua, set_->shape.classes[c]);
    lua_pushnumber(lua, static_cast<double>(numbers[c]));
    lua_rawset(lua, -3);
  }
  make_read_only(lua, kind, kClassFixes);
}

void Examples::push_confusion(lua_State* lua) const {
  const std::string kind = "class of " + set_->shape.name;
  const std::vector<int64_t> counts = confusion();
  const auto classes = static_cast<std::ptrdiff_t>(set_->shape.classes.size());
  lua_createtable(lua, 0, static_cast<int>(classes));
  for (std::ptrdiff_t c = 0; c < classes; ++c) {
    push_text(lua, set_->shape.classes[static_cast<size_t>(c)]);
    push_by_class(lua, {counts.begin() + c * classes, counts.begin() + (c + 1) * classes}, kind);
    lua_rawset(lua, -3);
  }
  make_read_only(lua, kind, kClassFixes);
}

void Examples::push_counts(lua_State* lua) const {
  const std::string kind = "class of " + set_->shape.name;
  const size_t classes = set_->shape.classes.size();
  std::vector<int64_t> labels(classes);
  std::vector<int64_t> predictions(classes);
  std::vector<int64_t> right(classes);
  for (size_t i = 0; i < set_->labels.size(); ++i) {
    const auto label = static_cast<size_t>(set_->labels[i]);
    ++labels[label];
    ++predictions[static_cast<size_t>(set_->predictions[i])];
    right[label] += set_->labels[i] == set_->predictions[i] ? 1 : 0;
  }
  lua_createtable(lua, 0, 3);
  push_by_class(lua, labels, kind);
  lua_setfield(lua, -2, "labels");
  push_by_class(lua, predictions, kind);
  lua_setfield(lua, -2, "predictions");
  push_by_class(lua, right, kind);
  lua_setfield(lua, -2, "right");
  make_read_only(lua, "field of counts");
}

}  // namespace engram::script

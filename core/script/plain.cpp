#include "script/plain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/utf8.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

constexpr int kDeepest = 20;
constexpr size_t kMostEntries = 100'000;
constexpr size_t kLongestKey = 60;  // bytes of a key in a path
constexpr const char* kNumber = "@number";

RecipeError cannot_keep(const std::string& path, const std::string& what) {
  return RecipeError(Fault{path + " " + what + ", which a checkpoint cannot keep", "",
                           "numbers, strings, booleans, and tables that are either a list or have only names"});
}

// One conversion: what was read so far counts, because tables may hold one another many times over.
class Keeper {
 public:
  explicit Keeper(lua_State* lua) : lua_(lua) {}
  Json value(int index, const std::string& path, int depth);
  // Read back, a table that stands in two places would be two tables.
  void refuse_shared() const;

 private:
  Json table(int table, const std::string& path, int depth);
  Json list(int table, size_t listed, const std::string& path, int depth);
  std::vector<std::string> names(int table, const std::string& path);
  std::string text(int index, const std::string& path, const char* what);

  lua_State* lua_;
  size_t entries_ = 0;
  std::unordered_map<const void*, std::string> paths_;         // of each table
  std::optional<std::pair<std::string, std::string>> shared_;  // the first two paths of one table
};

Json number_to_json(double number) {
  if (std::isfinite(number)) return number;
  return Json{{kNumber, std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"}};
}

std::string Keeper::text(int index, const std::string& path, const char* what) {
  std::string text(text_at(lua_, index));
  if (first_invalid_utf8(text)) throw cannot_keep(path, what);
  return text;
}

Json Keeper::list(int table, size_t listed, const std::string& path, int depth) {
  size_t keys = 0;
  for (lua_pushnil(lua_); lua_next(lua_, table) != 0; ++keys) lua_pop(lua_, 1);
  if (keys != listed) throw cannot_keep(path, "mixes a list and names");
  Json list = Json::array();
  for (size_t i = 1; i <= listed; ++i) {
    lua_rawgeti(lua_, table, static_cast<int>(i));
    list.push_back(value(lua_gettop(lua_), path + "[" + std::to_string(i) + "]", depth + 1));
    lua_pop(lua_, 1);
  }
  return list;
}

Json Keeper::table(int table, const std::string& path, int depth) {
  if (depth > kDeepest) throw cannot_keep(path, "is nested more than 20 tables deep");
  luaL_checkstack(lua_, 4, "state");
  const auto [known, is_new] = paths_.emplace(lua_topointer(lua_, table), path);
  if (!is_new && !shared_) shared_ = {known->second, path};
  if (is_read_only(lua_, table)) throw cannot_keep(path, "is a read-only table of the host");
  if (lua_getmetatable(lua_, table) != 0) throw cannot_keep(path, "has a metatable");
  const size_t listed = lua_objlen(lua_, table);
  if (listed > 0) return list(table, listed, path, depth);
  Json object = Json::object();
  for (const std::string& key : names(table, path)) {
    push_text(lua_, key);
    lua_rawget(lua_, table);
    object[key] = value(lua_gettop(lua_), path + "." + printable(key, kLongestKey), depth + 1);
    lua_pop(lua_, 1);
  }
  return object;
}

// Sorted, so that what is wrong first is the same in every process.
std::vector<std::string> Keeper::names(int table, const std::string& path) {
  std::vector<std::string> names;
  for (lua_pushnil(lua_); lua_next(lua_, table) != 0; lua_pop(lua_, 1)) {
    if (lua_type(lua_, -2) != LUA_TSTRING)
      throw cannot_keep(path, std::string("has a key that is a ") + luaL_typename(lua_, -2));
    names.push_back(text(-2, path, "has a key that is no UTF-8 text"));
    if (names.size() > kMostEntries) throw cannot_keep(path, "has more than 100,000 entries");
  }
  std::sort(names.begin(), names.end());
  return names;
}

Json Keeper::value(int index, const std::string& path, int depth) {
  if (++entries_ > kMostEntries) throw cannot_keep(path, "is beyond the 100,000th entry");
  switch (lua_type(lua_, index)) {
    case LUA_TBOOLEAN: return lua_toboolean(lua_, index) != 0;
    case LUA_TNUMBER: return number_to_json(lua_tonumber(lua_, index));
    case LUA_TSTRING: return text(index, path, "is no UTF-8 text");
    case LUA_TTABLE: return table(index, path, depth);
    default: throw cannot_keep(path, std::string("is a ") + luaL_typename(lua_, index));
  }
}

void Keeper::refuse_shared() const {
  if (!shared_) return;
  throw RecipeError(
      Fault{shared_->second + " is the same table as " + shared_->first + ", and a checkpoint would make two of it", "",
            "every table in one place", "keep it in one place, or a copy of it in the other"});
}

double special_number(const std::string& name) {
  if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
  return name == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

}  // namespace

Json to_json(lua_State* lua, int index, const std::string& path) {
  Keeper keeper(lua);
  Json json = keeper.value(index < 0 ? lua_gettop(lua) + index + 1 : index, path, 0);
  keeper.refuse_shared();
  return json;
}

void push_json(lua_State* lua, const Json& json) {
  luaL_checkstack(lua, 4, "state");
  if (json.is_boolean()) {
    lua_pushboolean(lua, json.get<bool>() ? 1 : 0);
  } else if (json.is_number()) {
    lua_pushnumber(lua, json.get<double>());
  } else if (json.is_string()) {
    push_text(lua, json.get<std::string>());
  } else if (json.is_object() && json.size() == 1 && json.contains(kNumber)) {
    lua_pushnumber(lua, special_number(json[kNumber].get<std::string>()));
  } else if (json.is_structured()) {
    lua_newtable(lua);
    int position = 0;
    for (const auto& [key, value] : json.items()) {
      if (json.is_array()) {
        push_json(lua, value);
        lua_rawseti(lua, -2, ++position);
      } else {
        push_text(lua, key);
        push_json(lua, value);
        lua_rawset(lua, -3);
      }
    }
  } else {
    lua_pushnil(lua);
  }
}

}  // namespace engram::script

#include "script/plain.hpp"

#include <cmath>
#include <limits>
#include <map>

#include "base/errors.hpp"

namespace engram::script {
namespace {

constexpr int kDeepest = 20;
constexpr const char* kNumber = "@number";

RecipeError cannot_keep(const std::string& path, const std::string& what) {
  return RecipeError(Fault{path + " " + what + ", which a checkpoint cannot keep", "",
                           "numbers, strings, booleans, and tables that are either a list or have only names"});
}

Json number_to_json(double number) {
  if (std::isfinite(number)) return number;
  return Json{{kNumber, std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"}};
}

Json value_to_json(lua_State* lua, int index, const std::string& path, int depth);

Json table_to_json(lua_State* lua, int table, const std::string& path, int depth) {
  if (depth > kDeepest) throw cannot_keep(path, "is nested more than 20 tables deep");
  luaL_checkstack(lua, 4, "state");
  const size_t listed = lua_objlen(lua, table);
  if (listed > 0) {
    size_t keys = 0;
    lua_pushnil(lua);
    for (; lua_next(lua, table) != 0; ++keys) lua_pop(lua, 1);
    if (keys != listed) throw cannot_keep(path, "mixes a list and names");
    Json list = Json::array();
    for (size_t i = 1; i <= listed; ++i) {
      lua_rawgeti(lua, table, static_cast<int>(i));
      list.push_back(value_to_json(lua, lua_gettop(lua), path + "[" + std::to_string(i) + "]", depth + 1));
      lua_pop(lua, 1);
    }
    return list;
  }
  std::map<std::string, Json> sorted;
  lua_pushnil(lua);
  while (lua_next(lua, table) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      throw cannot_keep(path, std::string("has a key that is a ") + luaL_typename(lua, -2));
    const std::string key(text_at(lua, -2));
    sorted[key] = value_to_json(lua, lua_gettop(lua), path + "." + key, depth + 1);
    lua_pop(lua, 1);
  }
  Json object = Json::object();
  for (auto& [key, value] : sorted) object[key] = std::move(value);
  return object;
}

Json value_to_json(lua_State* lua, int index, const std::string& path, int depth) {
  switch (lua_type(lua, index)) {
    case LUA_TBOOLEAN: return lua_toboolean(lua, index) != 0;
    case LUA_TNUMBER: return number_to_json(lua_tonumber(lua, index));
    case LUA_TSTRING: return std::string(text_at(lua, index));
    case LUA_TTABLE: return table_to_json(lua, index, path, depth);
    default: throw cannot_keep(path, std::string("is a ") + luaL_typename(lua, index));
  }
}

double special_number(const std::string& name) {
  if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
  return name == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

}  // namespace

Json to_json(lua_State* lua, int index, const std::string& path) {
  return value_to_json(lua, index < 0 ? lua_gettop(lua) + index + 1 : index, path, 0);
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
      push_json(lua, value);
      if (json.is_array()) {
        lua_rawseti(lua, -2, ++position);
      } else {
        lua_setfield(lua, -2, key.c_str());
      }
    }
  } else {
    lua_pushnil(lua);
  }
}

}  // namespace engram::script

#include "script/outside.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <functional>
#include <unordered_map>

#include "script/modules.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

constexpr size_t kHashedText = 64;  // bytes; longer strings are known by where they lie

uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

// Tables and functions wait in a Lua list for their turn, so that neither C's nor Lua's stack grows with their depth.
class Walk {
 public:
  Walk(lua_State* lua, int modules) : lua_(lua), modules_(modules) {
    lua_newtable(lua);
    waiting_ = lua_gettop(lua);
  }

  std::vector<OutsideVariable> run(int function) {
    lua_pushvalue(lua_, function);
    visit_later(kNobody);
    work_off();
    for (lua_pushnil(lua_); lua_next(lua_, modules_) != 0; lua_pop(lua_, 1)) add_module();
    work_off();
    return std::move(variables_);
  }

 private:
  static constexpr size_t kNobody = static_cast<size_t>(-1);

  // Gives the value on top of the stack (and pops it) a number; new ones are walked through later, for `owner`.
  uint64_t visit_later(size_t owner) {
    const auto [entry, is_new] = numbers_.emplace(lua_topointer(lua_, -1), numbers_.size());
    if (is_new) {
      lua_rawseti(lua_, waiting_, static_cast<int>(numbers_.size()));
      owners_.push_back(owner);
    } else {
      lua_pop(lua_, 1);
    }
    return entry->second;
  }

  // Adds the value on top of the stack to what `owner` holds, and pops it.
  void add(size_t owner) {
    uint64_t word = static_cast<uint64_t>(lua_type(lua_, -1));
    const bool walked = lua_istable(lua_, -1) || lua_isfunction(lua_, -1);
    if (walked && !is_read_only(lua_, -1)) {
      word = mixed(word, visit_later(owner));
    } else {
      word = mixed(word, plain_content());
      lua_pop(lua_, 1);
    }
    if (owner != kNobody) variables_[owner].content = mixed(variables_[owner].content, word);
  }

  uint64_t plain_content() {
    switch (lua_type(lua_, -1)) {
      case LUA_TBOOLEAN: return static_cast<uint64_t>(lua_toboolean(lua_, -1));
      case LUA_TNUMBER: return std::bit_cast<uint64_t>(static_cast<double>(lua_tonumber(lua_, -1)));
      case LUA_TSTRING: {
        const std::string_view text = text_at(lua_, -1);
        if (text.size() <= kHashedText) return std::hash<std::string_view>()(text);
        return mixed(text.size(), std::bit_cast<uintptr_t>(text.data()));
      }
      default: return std::bit_cast<uintptr_t>(lua_topointer(lua_, -1));
    }
  }

  // A module's name and value are on top of the stack; of the library's the contents count.
  void add_module() {
    const std::string name(text_at(lua_, -2));
    variables_.push_back({"module " + name, "", 0});
    if (is_library_module(name)) {
      push_made_contents(lua_, -1);
    } else {
      lua_pushvalue(lua_, -1);
    }
    add(variables_.size() - 1);
  }

  void work_off() {
    for (; done_ < owners_.size(); ++done_) {
      const size_t owner = owners_[done_];
      lua_rawgeti(lua_, waiting_, static_cast<int>(done_) + 1);
      if (lua_istable(lua_, -1)) {
        walk_table(owner);
      } else if (lua_iscfunction(lua_, -1) != 0) {
        walk_c_function(owner);
      } else {
        walk_function(owner);
      }
      lua_pop(lua_, 1);
    }
  }

  void walk_table(size_t owner) {
    const int table = lua_gettop(lua_);
    luaL_checkstack(lua_, 8, "a table");
    if (lua_getmetatable(lua_, table) != 0) add(owner);
    for (lua_pushnil(lua_); lua_next(lua_, table) != 0;) {
      lua_pushvalue(lua_, -2);
      add(owner);
      add(owner);
    }
  }

  // What an iterator of the host's has come to is in values without names.
  void walk_c_function(size_t owner) {
    const int function = lua_gettop(lua_);
    for (int i = 1; lua_getupvalue(lua_, function, i) != nullptr; ++i) add(owner);
  }

  // Each upvalue is a variable of its own, found once even where several functions share it.
  void walk_function(size_t owner) {
    const int function = lua_gettop(lua_);
    luaL_checkstack(lua_, 8, "a function");
    const std::string place = place_of(function);
    if (owner != kNobody) variables_[owner].content = mixed(variables_[owner].content, std::hash<std::string>()(place));
    for (int i = 1;; ++i) {
      const char* name = lua_getupvalue(lua_, function, i);
      if (name == nullptr) break;
      if (!seen_.emplace(lua_upvalueid(lua_, function, i), true).second) {
        lua_pop(lua_, 1);
        continue;
      }
      variables_.push_back({name, place, 0});
      add(variables_.size() - 1);
    }
  }

  std::string place_of(int function) {
    lua_Debug info;
    lua_pushvalue(lua_, function);
    lua_getinfo(lua_, ">S", &info);
    return info.linedefined > 0 ? std::string(info.short_src) + ":" + std::to_string(info.linedefined) : "";
  }

  lua_State* lua_;
  int modules_;
  int waiting_ = 0;
  size_t done_ = 0;
  std::unordered_map<const void*, uint64_t> numbers_;  // tables and functions met, in order
  std::vector<size_t> owners_;                         // the variable through which each was met first
  std::unordered_map<const void*, bool> seen_;         // upvalues
  std::vector<OutsideVariable> variables_;
};

}  // namespace

std::vector<OutsideVariable> outside_variables(lua_State* lua) {
  const int function = lua_gettop(lua);
  std::vector<OutsideVariable> variables = Walk(lua, function - 1).run(function);
  lua_settop(lua, function - 1);
  return variables;
}

const OutsideVariable* first_change(const std::vector<OutsideVariable>& before,
                                    const std::vector<OutsideVariable>& after) {
  for (size_t i = 0; i < before.size(); ++i) {
    const bool same = i < after.size() && before[i].name == after[i].name && before[i].where == after[i].where &&
                      before[i].content == after[i].content;
    if (!same) return &before[i];
  }
  return nullptr;
}

}  // namespace engram::script

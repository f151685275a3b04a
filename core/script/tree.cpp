#include "script/tree.hpp"

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

constexpr int kDeepest = 20;
constexpr size_t kMostEntries = 10'000;
constexpr size_t kLongestText = 10000;  // bytes
constexpr size_t kLongestName = 200;    // bytes

using recipe::Mixed;
using recipe::Value;

bool is_name(std::string_view key) { return key.size() <= kLongestName && !first_invalid_utf8(key); }

class TreeReader {
 public:
  TreeReader(lua_State* lua, const TreeInput& input) : lua_(lua), input_(input) {}

  // The value on top of the stack; leaves the stack as it was.
  Value read(const std::string& path, int depth) {
    Value value;
    value.path = path;
    value.place = {input_.file, find_place(input_.map, path).line};
    switch (lua_type(lua_, -1)) {
      case LUA_TNIL: break;
      case LUA_TBOOLEAN: value.data = lua_toboolean(lua_, -1) != 0; break;
      case LUA_TNUMBER: value.data = static_cast<double>(lua_tonumber(lua_, -1)); break;
      case LUA_TSTRING: value.data = read_text(value); break;
      case LUA_TFUNCTION: value.data = keep_function(); break;
      case LUA_TTABLE: value.data = read_table(value, depth); break;
      default: refuse(value, std::string("holds a ") + luaL_typename(lua_, -1));
    }
    return value;
  }

 private:
  void refuse(const Value& value, const std::string& what) {
    input_.faults.add({(value.path.empty() ? "the recipe" : value.path) + " " + what, value.place.text(),
                       "numbers, strings, booleans, functions and tables of them"});
  }

  // Nothing else would be worth saying: what is beyond was not read.
  [[noreturn]] void refuse_size(const Value& value) const {
    const std::string what = value.path.empty() ? "the recipe" : value.path;
    throw RecipeError(Fault{what + " holds tables more than 20 deep, or more than 10,000 entries", value.place.text()});
  }

  std::string read_text(const Value& value) {
    std::string text(text_at(lua_, -1));
    if (text.size() > kLongestText) {
      input_.faults.add(
          {value.path + " is a string of " + text::thousands(static_cast<int64_t>(text.size())) + " bytes",
           value.place.text(), "at most 10,000"});
    } else if (first_invalid_utf8(text)) {
      input_.faults.add({value.path + " is " + shown(lua_, -1) + ", which is no text", value.place.text(), "UTF-8"});
    } else {
      return text;
    }
    return printable(text, kLongestName);
  }

  recipe::FunctionHandle keep_function() {
    lua_pushvalue(lua_, -1);
    input_.functions.push_back(luaL_ref(lua_, LUA_REGISTRYINDEX));
    return {static_cast<int>(input_.functions.size()) - 1};
  }

  std::shared_ptr<Mixed> read_table(const Value& owner, int depth) {
    auto mixed = std::make_shared<Mixed>();
    if (depth > kDeepest) refuse_size(owner);
    luaL_checkstack(lua_, 8, "reading the recipe");
    push_contents(lua_, -1);
    const size_t listed = lua_objlen(lua_, -1);
    for (size_t i = 1; i <= listed; ++i) {
      lua_rawgeti(lua_, -1, static_cast<int>(i));
      mixed->list.push_back(read(owner.path + "[" + std::to_string(i) + "]", depth + 1));
      lua_pop(lua_, 1);
      if (++entries_ > kMostEntries) refuse_size(owner);
    }
    read_named(owner, *mixed, listed, depth);
    lua_pop(lua_, 1);
    sort_as_written(*mixed);
    return mixed;
  }

  void read_named(const Value& owner, Mixed& mixed, size_t listed, int depth) {
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      const bool number = lua_type(lua_, -2) == LUA_TNUMBER;
      const double position = number ? lua_tonumber(lua_, -2) : 0;
      const bool in_list = number && position >= 1 && position <= static_cast<double>(listed) &&
                           position == static_cast<double>(static_cast<int64_t>(position));
      if (!in_list && !number && lua_type(lua_, -2) != LUA_TSTRING) {
        refuse(owner, std::string("has a key that is a ") + luaL_typename(lua_, -2));
      } else if (!number && !is_name(text_at(lua_, -2))) {
        refuse(owner, "has the key " + shown(lua_, -2) + ", which is no text in UTF-8 or longer than 200 bytes");
      } else if (!in_list) {
        const std::string key = number ? text::shortest(position) : std::string(text_at(lua_, -2));
        mixed.table.emplace_back(key, read(owner.path.empty() ? key : owner.path + "." + key, depth + 1));
      }
      lua_pop(lua_, 1);
      if (++entries_ > kMostEntries) refuse_size(owner);
    }
  }

  void sort_as_written(Mixed& mixed) const {
    const auto order = [&](const Value& value) {
      const auto found = input_.map.find(value.path);
      return found == input_.map.end() ? 1 << 30 : found->second.order;
    };
    std::sort(mixed.table.begin(), mixed.table.end(), [&](const auto& a, const auto& b) {
      const int left = order(a.second);
      const int right = order(b.second);
      return left != right ? left < right : a.first < b.first;
    });
  }

  lua_State* lua_;
  const TreeInput& input_;
  size_t entries_ = 0;
};

}  // namespace

recipe::Value read_tree(lua_State* lua, const TreeInput& input) { return TreeReader(lua, input).read("", 0); }

}  // namespace engram::script

#include "script/shown.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "script/read_only.hpp"

namespace engram::script {
namespace {

constexpr size_t kLongestText = 60;  // bytes of a string
constexpr size_t kMostEntries = 6;   // of a table
constexpr size_t kMostWalked = 200;  // entries looked at for these

bool control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

std::string escaped(unsigned char byte) { return "\\" + std::to_string(byte); }

// Cut between characters, never inside one.
std::string_view cut(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string key_text(lua_State* lua, int index) {
  if (lua_type(lua, index) == LUA_TSTRING) return printable(text_at(lua, index), kLongestText);
  return "[" + shown(lua, index) + "]";
}

// The number of `key`, by which a list is shown in its order; names come after it.
struct Entry {
  double position;
  std::string text;
  bool operator<(const Entry& other) const {
    return position != other.position ? position < other.position : text < other.text;
  }
};

std::string entries_text(lua_State* lua, int table) {
  std::vector<Entry> entries;
  size_t walked = 0;
  lua_pushnil(lua);
  for (; walked < kMostWalked && lua_next(lua, table) != 0; ++walked) {
    const bool listed = lua_type(lua, -2) == LUA_TNUMBER;
    const double position = listed ? lua_tonumber(lua, -2) : HUGE_VAL;
    entries.push_back({position, (listed ? "" : key_text(lua, -2) + " = ") + shown(lua, -1)});
    lua_pop(lua, 1);
  }
  if (walked == kMostWalked) lua_pop(lua, 1);
  std::sort(entries.begin(), entries.end());
  std::vector<std::string> texts;
  for (const Entry& entry : entries) {
    texts.push_back(texts.size() == kMostEntries ? "..." : entry.text);
    if (texts.size() > kMostEntries) break;
  }
  return texts.empty() ? "{}" : "{ " + text::join(texts, ", ") + " }";
}

}  // namespace

std::string printable(std::string_view text, size_t most) {
  const std::string_view kept = cut(text, most);
  std::string out;
  for (size_t at = 0; at < kept.size();) {
    const size_t good = first_invalid_utf8(kept.substr(at)).value_or(kept.size() - at);
    for (const char c : kept.substr(at, good))
      out += control(c) ? escaped(static_cast<unsigned char>(c)) : std::string(1, c);
    at += good;
    if (at < kept.size()) out += escaped(static_cast<unsigned char>(kept[at++]));
  }
  return kept.size() == text.size() ? out : out + "...";
}

std::string shown(double number) { return std::isnan(number) ? "nan" : text::shortest(number); }

std::string shown(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TNIL:
    case LUA_TNONE: return "nothing";
    case LUA_TNUMBER: return shown(lua_tonumber(lua, index));
    case LUA_TSTRING: return "'" + printable(text_at(lua, index), kLongestText) + "'";
    case LUA_TBOOLEAN: return lua_toboolean(lua, index) != 0 ? "true" : "false";
    default: return std::string("a ") + luaL_typename(lua, index);
  }
}

std::string shown_with_entries(lua_State* lua, int index) {
  if (!lua_istable(lua, index)) return shown(lua, index);
  push_made_contents(lua, index);
  std::string text = entries_text(lua, lua_gettop(lua));
  lua_pop(lua, 1);
  return text;
}

}  // namespace engram::script

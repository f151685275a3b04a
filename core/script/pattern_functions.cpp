#include "script/pattern_functions.hpp"

#include <algorithm>
#include <string>

#include "script/budget.hpp"
#include "script/pattern.hpp"

namespace engram::script {
namespace {

constexpr size_t kLongestPattern = 10000;

// The arguments that all four functions begin with.
struct Subject {
  std::string_view text;
  std::string_view pattern;  // without the anchor
  bool anchored = false;

  explicit Subject(lua_State* lua, int text_index = 1, int pattern_index = 2) {
    luaL_checkstring(lua, text_index);
    luaL_checkstring(lua, pattern_index);
    text = text_at(lua, text_index);
    pattern = text_at(lua, pattern_index);
    if (pattern.size() > kLongestPattern) raise(lua, "the pattern is longer than 10,000 characters");
    anchored = !pattern.empty() && pattern.front() == '^';
    if (anchored) pattern.remove_prefix(1);
  }

  PatternMatcher matcher(lua_State* lua) const {
    return {text, pattern, [lua](int64_t steps) { charge(lua, steps); }};
  }
};

// The first match at or after `start`.
bool search(lua_State* lua, const Subject& subject, PatternMatcher& matcher, size_t start, Match& match) {
  for (size_t at = start; at <= subject.text.size(); ++at) {
    charge(lua, 1);
    if (matcher.match_at(at, match)) return true;
    if (subject.anchored) break;
  }
  return false;
}

void push_capture(lua_State* lua, std::string_view text, const Capture& capture) {
  if (capture.is_position) {
    lua_pushinteger(lua, static_cast<lua_Integer>(capture.start) + 1);
  } else {
    push_text(lua, text.substr(capture.start, capture.size));
  }
}

// All captures, or the whole match when there are none; returns their number.
int push_captures(lua_State* lua, std::string_view text, const Match& match) {
  luaL_checkstack(lua, static_cast<int>(match.captures.size()) + 1, "too many captures");
  if (match.captures.empty()) {
    push_text(lua, text.substr(match.start, match.end - match.start));
    return 1;
  }
  for (const Capture& capture : match.captures) push_capture(lua, text, capture);
  return static_cast<int>(match.captures.size());
}

// The optional start position: from 1, negative from the end; beyond the text it is the text's end.
size_t start_position(lua_State* lua, int index, size_t size) {
  const lua_Integer given = luaL_optinteger(lua, index, 1);
  if (given > 0) return std::min(static_cast<size_t>(given) - 1, size);
  const auto back = static_cast<size_t>(-given);
  return given == 0 || back > size ? 0 : size - back;
}

enum class Wanted { positions, captures };

int find_or_match(lua_State* lua, Wanted wanted) {
  const bool finds = wanted == Wanted::positions;
  const Subject subject(lua);
  const size_t start = start_position(lua, 3, subject.text.size());
  if (finds && lua_toboolean(lua, 4) != 0) {
    charge(lua, static_cast<int64_t>(subject.text.size() / 4) + 1);
    const std::string_view plain = text_at(lua, 2);
    const size_t at = subject.text.find(plain, start);
    if (at == std::string_view::npos) {
      lua_pushnil(lua);
      return 1;
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(at) + 1);
    lua_pushinteger(lua, static_cast<lua_Integer>(at + plain.size()));
    return 2;
  }
  PatternMatcher matcher = subject.matcher(lua);
  Match match;
  if (!search(lua, subject, matcher, start, match)) {
    lua_pushnil(lua);
    return 1;
  }
  if (!finds) return push_captures(lua, subject.text, match);
  lua_pushinteger(lua, static_cast<lua_Integer>(match.start) + 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(match.end));
  return 2 + (match.captures.empty() ? 0 : push_captures(lua, subject.text, match));
}

int find(lua_State* lua) { return find_or_match(lua, Wanted::positions); }
int match(lua_State* lua) { return find_or_match(lua, Wanted::captures); }

// Upvalues: text, pattern, the position to search from. In gmatch a '^' is an ordinary character.
int next_match(lua_State* lua) {
  Subject subject(lua, lua_upvalueindex(1), lua_upvalueindex(2));
  subject.pattern = text_at(lua, lua_upvalueindex(2));
  subject.anchored = false;
  const auto start = static_cast<size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
  PatternMatcher matcher = subject.matcher(lua);
  Match found;
  if (start > subject.text.size() || !search(lua, subject, matcher, start, found)) return 0;
  lua_pushinteger(lua, static_cast<lua_Integer>(found.end == found.start ? found.end + 1 : found.end));
  lua_replace(lua, lua_upvalueindex(3));
  return push_captures(lua, subject.text, found);
}

int gmatch(lua_State* lua) {
  luaL_checkstring(lua, 1);
  luaL_checkstring(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, guarded<next_match>, 3);
  return 1;
}

void refuse_too_long(lua_State* lua, const std::string& out) {
  if (out.size() > kMemoryCap / 4) raise(lua, "gsub made more than 16 MB of text");
}

// The text of "%1 and %%" for one match.
void expand(lua_State* lua, std::string_view text, std::string_view replacement, const Match& match, std::string& out) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '%') {
      out += replacement[i];
      continue;
    }
    const char digit = ++i < replacement.size() ? replacement[i] : '\0';
    const auto index = static_cast<size_t>(digit - '1');
    if (digit == '%') {
      out += '%';
    } else if (digit == '0' || (digit == '1' && match.captures.empty())) {
      out += text.substr(match.start, match.end - match.start);
    } else if (digit >= '1' && digit <= '9' && index < match.captures.size()) {
      push_capture(lua, text, match.captures[index]);
      out += text_at(lua, -1);
      lua_pop(lua, 1);
    } else {
      raise(lua, "the replacement names no capture with '%" + std::string(1, digit) + "'");
    }
    refuse_too_long(lua, out);
  }
}

// Appends what stands in for the match: from a string, a table or a function at index 3.
void append_replacement(lua_State* lua, std::string_view text, const Match& match, std::string& out) {
  luaL_checkstack(lua, 8, "gsub");
  const int kind = lua_type(lua, 3);
  if (kind == LUA_TSTRING || kind == LUA_TNUMBER) return expand(lua, text, text_at(lua, 3), match, out);
  if (kind == LUA_TTABLE) {
    const int pushed = push_captures(lua, text, match);
    lua_pop(lua, pushed - 1);
    lua_gettable(lua, 3);
  } else {
    lua_pushvalue(lua, 3);
    lua_call(lua, push_captures(lua, text, match), 1);
  }
  if (lua_toboolean(lua, -1) == 0) {
    out += text.substr(match.start, match.end - match.start);
  } else if (lua_isstring(lua, -1) != 0) {
    out += text_at(lua, -1);
  } else {
    raise(lua, std::string("a replacement is a ") + luaL_typename(lua, -1) + " (allowed: a string or a number)");
  }
  lua_pop(lua, 1);
}

int gsub(lua_State* lua) {
  const Subject subject(lua);
  const int kind = lua_type(lua, 3);
  if (kind != LUA_TSTRING && kind != LUA_TNUMBER && kind != LUA_TTABLE && kind != LUA_TFUNCTION) {
    return luaL_argerror(lua, 3, "a string, a table or a function expected");
  }
  const double most = luaL_optnumber(lua, 4, static_cast<double>(subject.text.size()) + 1);
  PatternMatcher matcher = subject.matcher(lua);
  std::string out;
  size_t at = 0;
  double count = 0;
  Match found;
  while (count < most) {
    const bool matched = matcher.match_at(at, found);
    if (matched) {
      ++count;
      append_replacement(lua, subject.text, found, out);
      refuse_too_long(lua, out);
    }
    charge(lua, 1);
    if (matched && found.end > at) {
      at = found.end;
    } else if (at < subject.text.size()) {
      out += subject.text[at++];
    } else {
      break;
    }
    if (subject.anchored) break;
  }
  out += subject.text.substr(std::min(at, subject.text.size()));
  push_text(lua, out);
  lua_pushnumber(lua, count);
  return 2;
}

}  // namespace

void add_pattern_functions(lua_State* lua) {
  const auto add = [&](const char* name, lua_CFunction function) {
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
  };
  add("find", guarded<find>);
  add("match", guarded<match>);
  add("gmatch", guarded<gmatch>);
  add("gsub", guarded<gsub>);
}

}  // namespace engram::script

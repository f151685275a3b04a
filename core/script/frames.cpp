#include "script/frames.hpp"

#include <string>
#include <vector>

#include "base/text.hpp"
#include "script/budget.hpp"
#include "script/modules.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

constexpr size_t kLongestMessage = 20000;  // bytes
constexpr int kMostFrames = 2;             // whose values are shown
constexpr size_t kMostValues = 12;         // of one frame
constexpr int kDeepestFrame = 30;          // levels searched for them

// Of other values than strings the type says enough: their __tostring is the script's.
std::string message_of(lua_State* lua) {
  if (lua_isstring(lua, 1) == 0) return "the error value is " + shown(lua, 1);
  return printable(text_at(lua, 1), kLongestMessage);
}

// Without the host's frames: they are none of the recipe's lines.
std::string traceback(lua_State* lua) {
  luaL_traceback(lua, lua, nullptr, 1);
  std::vector<std::string> kept;
  for (const std::string& line : text::split(text_at(lua, -1), '\n')) {
    if (line.rfind("\t[C]:", 0) != 0) kept.push_back(printable(line, kLongestMessage));
  }
  lua_pop(lua, 1);
  return kept.size() > 1 ? "\n" + text::join(kept, "\n") : "";
}

bool is_users(const lua_Debug& frame) {
  const std::string_view source = frame.source;
  return frame.currentline > 0 && !source.empty() && !is_library_module(source.substr(1));
}

bool all_functions(lua_State* lua, int table) {
  bool none = true;
  bool others = false;
  push_made_contents(lua, table);
  for (lua_pushnil(lua); !others && lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    none = false;
    others = !lua_isfunction(lua, -1);
    if (others) lua_pop(lua, 1);
  }
  lua_settop(lua, table);
  return !none && !others;
}

// Functions and libraries tell nothing about what went wrong.
bool worth_showing(lua_State* lua) {
  if (lua_isfunction(lua, -1)) return false;
  return !lua_istable(lua, -1) || !all_functions(lua, lua_gettop(lua));
}

// Arguments and locals; a later one of the same name hides the earlier. Then what the function closes over.
std::vector<std::string> values_of(lua_State* lua, lua_Debug& frame) {
  std::vector<std::string> texts;
  const auto add = [&](const char* name) {
    const bool named = name[0] != '(' && name[0] != '\0';
    if (named && texts.size() < kMostValues && worth_showing(lua)) {
      texts.push_back(std::string(name) + " = " + shown_with_entries(lua, lua_gettop(lua)));
    }
    lua_pop(lua, 1);
  };
  for (int i = 1; const char* name = lua_getlocal(lua, &frame, i); ++i) add(name);
  lua_getinfo(lua, "f", &frame);
  const int function = lua_gettop(lua);
  for (int i = 1; const char* name = lua_getupvalue(lua, function, i); ++i) add(name);
  lua_pop(lua, 1);
  return texts;
}

std::string values_at_hand(lua_State* lua) {
  std::string text;
  lua_Debug frame;
  int shown_frames = 0;
  for (int level = 1; level < kDeepestFrame && shown_frames < kMostFrames; ++level) {
    if (lua_getstack(lua, level, &frame) == 0) break;
    lua_getinfo(lua, "Sl", &frame);
    if (!is_users(frame)) continue;
    ++shown_frames;
    const std::vector<std::string> values = values_of(lua, frame);
    if (values.empty()) continue;
    const std::string at = std::string(frame.short_src) + ":" + std::to_string(frame.currentline);
    text += "\n\t" + at + ": " + text::join(values, ", ");
  }
  return text.empty() ? "" : "\nvalues at hand:" + text;
}

}  // namespace

int describe_failure(lua_State* lua) {
  const Giving giving(lua);
  std::string text = message_of(lua) + traceback(lua);
  if (text.find("stack overflow") == std::string::npos) text += values_at_hand(lua);  // for which no stack is left
  push_text(lua, text);
  return 1;
}

}  // namespace engram::script

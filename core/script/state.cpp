#include "script/state.hpp"

#include <cctype>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "script/frames.hpp"
#include "script/modules.hpp"

namespace engram::script {
namespace {

// Splits "file:12: text" into the place and the text; the place is empty when there is none.
std::pair<std::string, std::string> split_place(const std::string& message) {
  for (size_t colon = message.find(':'); colon != std::string::npos; colon = message.find(':', colon + 1)) {
    size_t end = colon + 1;
    while (end < message.size() && std::isdigit(static_cast<unsigned char>(message[end])) != 0) ++end;
    if (end > colon + 1 && message.compare(end, 2, ": ") == 0) {
      return {message.substr(0, end), message.substr(end + 2)};
    }
    if (message.find('\n') < colon) break;
  }
  return {"", message};
}

// "file:12" of the first line of a traceback that is the user's, for messages that have no place of their own.
std::string first_traced_line(const std::string& message) {
  const size_t traceback = message.find("stack traceback:");
  if (traceback == std::string::npos) return "";
  for (const std::string& line : text::split(message.substr(traceback), '\n')) {
    const auto [place, rest] = split_place(text::trim(line));
    if (!place.empty() && !is_library_module(place.substr(0, place.find(':')))) return place;
  }
  return "";
}

Fault failure_of(const Budget& budget, int status, const std::string& message, const std::string& what,
                 const std::string& at, int64_t steps) {
  if (budget.exhausted) {
    const std::string time = steps > kRecipeSteps ? "" : ", about half a second to a second";
    return {what + " ran away", budget.where.empty() ? at : budget.where,
            "at most " + text::thousands(steps) + " steps" + time, "look for an endless loop"};
  }
  const std::string seen = last_seen(budget);
  if (status == LUA_ERRMEM) {
    return {what + " used too much memory", seen.empty() ? at : seen,
            "at most " + text::bytes(kMemoryCap) + " for the whole recipe"};
  }
  auto [place, rest] = split_place(message);
  if (place.empty()) place = first_traced_line(message);
  // A stack overflow may leave no room for the message handler, and so no traceback.
  if (place.empty()) place = seen;
  return {what + " failed: " + rest, place.empty() ? at : place};
}

}  // namespace

LuaState::LuaState() {
  lua_ = lua_newstate(budgeted_allocation, &budget_);
  if (lua_ == nullptr) throw InternalError(Fault{"LuaJIT could not make a state"}, ExitCode::resources);
  luaJIT_setmode(lua_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
}

LuaState::~LuaState() { lua_close(lua_); }

int LuaState::enter(lua_State* lua) {
  Job& job = *static_cast<Job*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  try {
    job.invoke(job.work, lua);
  } catch (const std::exception&) {
    job.failure = std::current_exception();
  }
  return 0;
}

void LuaState::run(Job& job) {
  const int top = lua_gettop(lua_);
  const int status = lua_cpcall(lua_, enter, &job);
  std::string message;
  if (status != 0) message = std::string(text_at(lua_, -1));
  lua_settop(lua_, top);
  if (job.failure) std::rethrow_exception(job.failure);
  if (status != 0) throw InternalError(Fault{"the script layer failed: " + message});
}

void LuaState::call(lua_State* lua, int arguments, int results, const std::string& what, const recipe::Place& at,
                    int64_t steps) {
  const int handler = lua_gettop(lua) - arguments;
  lua_pushcfunction(lua, guarded<describe_failure>);
  lua_insert(lua, handler);
  watch(lua, steps);
  const int status = lua_pcall(lua, arguments, results, handler);
  unwatch(lua);
  lua_remove(lua, handler);
  // The steps may run out in a last C function or allocation without an error on the way back.
  if (status == 0 && !budget_.exhausted) return;
  const std::string message(text_at(lua, -1));
  throw RecipeError(failure_of(budget_, status, message, what, at.text(), steps));
}

}  // namespace engram::script

#include "script/budget.hpp"

#include <time.h>

#include <algorithm>
#include <cstdlib>

namespace engram::script {
namespace {

constexpr int kHookInterval = 1000;
constexpr int kSlowHookInterval = 20;
// A stretch between two looks at the clock takes microseconds unless its instructions are slow ones.
constexpr auto kSlowStretch = std::chrono::milliseconds(10);
constexpr int64_t kNanosecondsPerStep = 25;  // ten times what a step takes
// Beyond this size an allocation counts as work and is refused once the steps ran out. Smaller ones stay possible, so
// that the error itself can be built.
constexpr size_t kLargeBlock = 65536;
constexpr int64_t kBytesPerStep = 16;

int64_t processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Where the innermost Lua function is.
void look(lua_State* lua, Budget& budget) {
  lua_Debug frame;
  for (int level = 0; level < 4 && lua_getstack(lua, level, &frame) != 0; ++level) {
    lua_getinfo(lua, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    budget.seen = frame;
    return;
  }
}

void on_count(lua_State* lua, lua_Debug* frame);

// Other programs on the machine make a stretch long by the clock, and not by the processor time of this thread.
void charge_for_time(lua_State* lua, Budget& budget) {
  const auto now = std::chrono::steady_clock::now();
  if (now - budget.looked > kSlowStretch && !budget.slow) {
    budget.slow = true;
    lua_sethook(lua, on_count, LUA_MASKCOUNT, kSlowHookInterval);
  }
  budget.looked = now;
  if (now - budget.settled <= kSlowStretch) return;
  const int64_t time = processor_time();
  if (budget.processor_time >= 0) {
    const int64_t paid = (budget.left_then - budget.left) * kNanosecondsPerStep;
    budget.left -= std::max<int64_t>(0, time - budget.processor_time - paid) / kNanosecondsPerStep;
  }
  budget.settled = now;
  budget.processor_time = time;
  budget.left_then = budget.left;
}

void on_count(lua_State* lua, lua_Debug* frame) {
  Budget& budget = budget_of(lua);
  budget.left -= budget.slow ? kSlowHookInterval : kHookInterval;
  charge_for_time(lua, budget);
  if (lua_getinfo(lua, "Sl", frame) != 0 && frame->currentline > 0) budget.seen = *frame;
  if (budget.left >= 0) return;
  budget.exhausted = true;
  if (budget.where.empty()) budget.where = last_seen(budget);
  raise_exhausted(lua);
}

}  // namespace

Giving::Giving(lua_State* lua) : budget_(budget_of(lua)), before_(budget_.giving) { budget_.giving = true; }
Giving::~Giving() { budget_.giving = before_; }

void take_back(lua_State* lua) {
  Budget& budget = budget_of(lua);
  if (budget.given == 0) return;
  lua_gc(lua, LUA_GCCOLLECT, 0);
  budget.given = 0;
}

void* budgeted_allocation(void* user, void* block, size_t old_size, size_t new_size) {
  Budget& budget = *static_cast<Budget*>(user);
  if (block == nullptr) old_size = 0;
  if (new_size == 0) {
    std::free(block);
    budget.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size && budget.watching && !budget.giving) {
    if (new_size >= kLargeBlock) {
      budget.left -= static_cast<int64_t>(new_size) / kBytesPerStep;
      if (budget.left < 0) budget.exhausted = true;
      if (budget.exhausted) return nullptr;
    }
    if (budget.used + (new_size - old_size) > kMemoryCap + budget.given) return nullptr;
  }
  void* grown = std::realloc(block, new_size);
  if (grown == nullptr) return nullptr;
  budget.used += new_size - old_size;
  if (budget.giving && new_size > old_size) budget.given += new_size - old_size;
  return grown;
}

Budget& budget_of(lua_State* lua) {
  void* user = nullptr;
  lua_getallocf(lua, &user);
  return *static_cast<Budget*>(user);
}

std::string last_seen(const Budget& budget) {
  if (budget.seen.currentline <= 0) return "";
  return std::string(budget.seen.short_src) + ":" + std::to_string(budget.seen.currentline);
}

void watch(lua_State* lua, int64_t steps) {
  Budget& budget = budget_of(lua);
  budget.left = steps;
  budget.watching = true;
  budget.exhausted = false;
  budget.where.clear();
  budget.seen.currentline = 0;
  budget.depth = 0;
  budget.looked = budget.settled = std::chrono::steady_clock::now();
  budget.processor_time = -1;
  budget.slow = false;
  lua_sethook(lua, on_count, LUA_MASKCOUNT, kHookInterval);
}

void unwatch(lua_State* lua) {
  budget_of(lua).watching = false;
  lua_sethook(lua, nullptr, 0, 0);
}

void charge(lua_State* lua, int64_t steps) {
  Budget& budget = budget_of(lua);
  if (!budget.watching) return;
  budget.left -= steps;
  charge_for_time(lua, budget);
  if (steps >= kHookInterval) look(lua, budget);
  if (budget.left >= 0) return;
  budget.exhausted = true;
  look(lua, budget);
  if (budget.where.empty()) budget.where = last_seen(budget);
  raise_exhausted(lua);
}

int raise_exhausted(lua_State* lua) {
  lua_pushliteral(lua, "the script ran away");
  return lua_error(lua);
}

}  // namespace engram::script

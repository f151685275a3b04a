// What a script may use: instructions (and the work of C functions, charged in steps) and memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "script/lua.hpp"

namespace engram::script {

// One step is about one interpreted instruction (2 to 4 ns with the watchdog armed).
constexpr int64_t kRecipeSteps = 200'000'000;
constexpr int64_t kCallbackSteps = 100'000'000;
constexpr size_t kMemoryCap = 64'000'000;  // bytes

// Lives as long as the state, whose allocator and count hook keep it up to date. Once exhausted it stays so until
// the next watched call: a script that swallows the error with pcall gets it again.
struct Budget {
  size_t used = 0;   // bytes
  int64_t left = 0;  // steps
  bool watching = false;
  bool exhausted = false;  // steps ran out
  std::string where;       // "file:line" where the steps ran out
  int depth = 0;           // nested protected calls of the script
};

// The allocator for lua_newstate; its user data is the Budget.
void* budgeted_allocation(void* budget, void* block, size_t old_size, size_t new_size);

Budget& budget_of(lua_State* lua);

// Starts and ends a watched stretch.
void watch(lua_State* lua, int64_t steps);
void unwatch(lua_State* lua);

// Takes steps for work done outside the interpreter; raises the watchdog's Lua error when they run out.
void charge(lua_State* lua, int64_t steps);

// Raises the watchdog's Lua error again.
int raise_exhausted(lua_State* lua);

}  // namespace engram::script

// What a script may use: instructions (and the work of C functions, charged in steps) and memory.
#pragma once

#include <chrono>
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
  size_t given = 0;  // of these, the host's own, which the cap does not count
  int64_t left = 0;  // steps
  bool watching = false;
  bool giving = false;     // allocations are the host's
  bool exhausted = false;  // steps ran out
  std::string where;       // "file:line" where the steps ran out
  lua_Debug seen{};        // where the script was at the last look: its short_src and currentline (0: none)
  int depth = 0;           // nested protected calls of the script

  // Single instructions on huge strings take milliseconds, and some C functions many steps' time each: once the clock
  // has moved on by some milliseconds, processor time that the steps have not paid for is charged.
  std::chrono::steady_clock::time_point looked;
  std::chrono::steady_clock::time_point settled;  // when processor time was charged last
  int64_t processor_time = -1;                    // ns, then; -1: not yet
  int64_t left_then = 0;                          // steps
  bool slow = false;                              // one stretch between two looks took long
};

// What the host allocates while one lives belongs to `given`: arrays handed to the script, error texts.
class Giving {
 public:
  explicit Giving(lua_State* lua);
  ~Giving();
  Giving(const Giving&) = delete;
  Giving& operator=(const Giving&) = delete;

 private:
  Budget& budget_;
  bool before_;
};

// Collects all garbage and counts the rest as the script's again.
void take_back(lua_State* lua);

// The allocator for lua_newstate; its user data is the Budget.
void* budgeted_allocation(void* budget, void* block, size_t old_size, size_t new_size);

Budget& budget_of(lua_State* lua);

// "file:line" where the script was at the last look at its steps, every thousand of them; "" before the first.
std::string last_seen(const Budget& budget);

// Starts and ends a watched stretch.
void watch(lua_State* lua, int64_t steps);
void unwatch(lua_State* lua);

// Takes steps for work done outside the interpreter; raises the watchdog's Lua error when they run out.
void charge(lua_State* lua, int64_t steps);

// Raises the watchdog's Lua error again.
int raise_exhausted(lua_State* lua);

}  // namespace engram::script

#include "script/budget.hpp"

#include <cstdlib>

namespace engram::script {
namespace {

constexpr int kHookInterval = 1000;
// Beyond this size an allocation counts as work and is refused once the steps ran out. Smaller ones stay possible, so
// that the error itself can be built.
constexpr size_t kLargeBlock = 65536;
constexpr int64_t kBytesPerStep = 16;

std::string without_colon(std::string place) {
  while (!place.empty() && (place.back() == ' ' || place.back() == ':')) place.pop_back();
  return place;
}

void on_count(lua_State* lua, lua_Debug* frame) {
  Budget& budget = budget_of(lua);
  budget.left -= kHookInterval;
  if (budget.left >= 0) return;
  budget.exhausted = true;
  if (budget.where.empty() && lua_getinfo(lua, "Sl", frame) != 0 && frame->currentline > 0) {
    budget.where = std::string(frame->short_src) + ":" + std::to_string(frame->currentline);
  }
  raise_exhausted(lua);
}

}  // namespace

void* budgeted_allocation(void* user, void* block, size_t old_size, size_t new_size) {
  Budget& budget = *static_cast<Budget*>(user);
  if (block == nullptr) old_size = 0;
  if (new_size == 0) {
    std::free(block);
    budget.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size && budget.watching) {
    if (new_size >= kLargeBlock) {
      budget.left -= static_cast<int64_t>(new_size) / kBytesPerStep;
      if (budget.left < 0) budget.exhausted = true;
      if (budget.exhausted) return nullptr;
    }
    if (budget.used + (new_size - old_size) > kMemoryCap) return nullptr;
  }
  void* grown = std::realloc(block, new_size);
  if (grown != nullptr) budget.used += new_size - old_size;
  return grown;
}

Budget& budget_of(lua_State* lua) {
  void* user = nullptr;
  lua_getallocf(lua, &user);
  return *static_cast<Budget*>(user);
}

void watch(lua_State* lua, int64_t steps) {
  Budget& budget = budget_of(lua);
  budget.left = steps;
  budget.watching = true;
  budget.exhausted = false;
  budget.where.clear();
  budget.depth = 0;
  lua_sethook(lua, on_count, LUA_MASKCOUNT, kHookInterval);
}

void unwatch(lua_State* lua) {
  budget_of(lua).watching = false;
  lua_sethook(lua, nullptr, 0, 0);
}

void charge(lua_State* lua, int64_t steps) {
  Budget& budget = budget_of(lua);
  budget.left -= steps;
  if (budget.left >= 0 || !budget.watching) return;
  budget.exhausted = true;
  for (int level = 0; budget.where.empty() && level < 4; ++level) budget.where = without_colon(where(lua, level));
  raise_exhausted(lua);
}

int raise_exhausted(lua_State* lua) {
  lua_pushliteral(lua, "the script ran away");
  return lua_error(lua);
}

}  // namespace engram::script

// Seeded random numbers for scripts: the same recipe draws the same numbers on every machine.
#pragma once

#include <array>
#include <cstdint>

#include "script/lua.hpp"

namespace engram::script {

// xoshiro256** 1.0 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), its state filled by
// splitmix64 from the seed.
class Random {
 public:
  using State = std::array<uint64_t, 4>;
  explicit Random(uint64_t seed = 0) { restart(seed); }
  void restart(uint64_t seed);
  uint64_t next();
  // From 0 to below 1, in steps of 2^-53.
  double uniform();
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  State state_{};
};

// Puts random (with Lua's arguments) and a randomseed that refuses into the table on top of the stack. `random` must
// outlive the state.
void add_random_functions(lua_State* lua, Random& random);

}  // namespace engram::script

#include "script/random.hpp"

#include <bit>
#include <cmath>

namespace engram::script {
namespace {

// random(): from 0 to below 1. random(m): a whole number from 1 to m. random(m, n): from m to n.
int random_number(lua_State* lua) {
  Random& random = *static_cast<Random*>(lua_touserdata(lua, lua_upvalueindex(1)));
  const int arguments = lua_gettop(lua);
  if (arguments > 2) return raise(lua, "math.random takes at most two numbers");
  const double least = arguments == 2 ? std::floor(luaL_checknumber(lua, 1)) : 1;
  const double most = arguments > 0 ? std::floor(luaL_checknumber(lua, arguments)) : 1;
  if (!(least <= most) || most - least > 0x1p53) {
    return raise(lua, "math.random: the interval is empty, or wider than 2^53");
  }
  const double share = random.uniform();
  lua_pushnumber(lua, arguments == 0 ? share : least + std::floor(share * (most - least + 1)));
  return 1;
}

int refuse_seed(lua_State* lua) {
  return raise(lua, "a script may not seed math.random, which every run seeds from its recipe. Fix: set train.seed");
}

}  // namespace

void Random::restart(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

uint64_t Random::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

void add_random_functions(lua_State* lua, Random& random) {
  lua_pushlightuserdata(lua, &random);
  lua_pushcclosure(lua, guarded<random_number>, 1);
  lua_setfield(lua, -2, "random");
  lua_pushcfunction(lua, guarded<refuse_seed>);
  lua_setfield(lua, -2, "randomseed");
}

}  // namespace engram::script

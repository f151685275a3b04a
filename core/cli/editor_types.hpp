// scripts/meta/engram.lua: types for Lua editors (LuaCATS), from the declarations that check recipes.
#pragma once

#include <string>
#include <vector>

#include "engram/sdk/plugin.hpp"
#include "recipe/keys.hpp"
#include "script/library.hpp"

namespace engram::cli {

std::string editor_types(const std::vector<recipe::Key>& keys, const script::Library& library,
                         const std::vector<sdk::StrategyDescription>& strategies);

}  // namespace engram::cli

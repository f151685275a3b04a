// What strategies declare of themselves, as a page for people and as types for Lua editors.
#pragma once

#include <string>
#include <vector>

#include "engram/sdk/plugin.hpp"

namespace engram::cli {

// "whole number", "list of texts, or one text".
std::string kind_text(sdk::SettingKind kind);
// "8", "compulsory", "none": what holds when a recipe leaves a parameter out.
std::string default_text(const sdk::ParameterSpec& parameter);

// A section for each strategy with its table of options. `pages` is a link to a strategy's own page, with '*' for its
// id; empty: no links.
std::string markdown_page(const std::vector<sdk::StrategyDescription>& strategies, const std::string& pages);

// The LuaCATS class of a strategy's entry in a recipe: "engram.strategy.lora".
std::string strategy_class(const sdk::StrategyDescription& strategy);

// A LuaCATS definition file of these classes, for strategies that do not come with engram.
std::string lua_types(const std::vector<sdk::StrategyDescription>& strategies);

}  // namespace engram::cli

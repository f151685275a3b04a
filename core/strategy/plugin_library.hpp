// One loaded plugin file. The only room with Boost.DLL; libraries are checked before loading and never unloaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engram/sdk/plugin.hpp"
#include "recipe/value.hpp"
#include "strategy/plugin_facts.hpp"

namespace engram::strategy {

struct Plugin {
  PluginFacts facts;
  sdk::StrategyDescription strategy;
};

// Checks, loads and asks the plugin. A file that is loaded already is not loaded again; the reference stays valid.
// Throws PluginError with every difference between the plugin's build and this program's.
const Plugin& load_plugin(const std::string& id, const std::filesystem::path& file, const recipe::Place& place);

}  // namespace engram::strategy

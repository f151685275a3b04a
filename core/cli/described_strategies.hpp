// Strategies by the names of the command line, loaded for what they declare.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "strategy/plugin_library.hpp"

namespace engram::cli {

// One strategy: an id, or a plugin file. Throws PluginError.
const strategy::Plugin& load_named(const std::string& name, const std::vector<std::filesystem::path>& search);

// What they declare, sorted by name; no names: every plugin found that fits this engram.
std::vector<sdk::StrategyDescription> described_strategies(std::vector<std::string> names,
                                                           const std::vector<std::filesystem::path>& search);

}  // namespace engram::cli

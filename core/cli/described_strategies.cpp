#include "cli/described_strategies.hpp"

#include <algorithm>

#include "cli/plugin_state.hpp"
#include "strategy/plugin_finder.hpp"

namespace engram::cli {

const strategy::Plugin& load_named(const std::string& name, const std::vector<std::filesystem::path>& search) {
  const recipe::Place place;
  const strategy::PluginName plugin = strategy::plugin_name(name);
  return strategy::load_plugin(plugin.id, strategy::find_plugin(plugin, search, place), place);
}

std::vector<sdk::StrategyDescription> described_strategies(std::vector<std::string> names,
                                                           const std::vector<std::filesystem::path>& search) {
  if (names.empty()) {
    for (const strategy::FoundPlugin& plugin : strategy::list_plugins(search)) {
      if (plugin_state(plugin).fit == PluginFit::fits) names.push_back(plugin.id);
    }
  }
  std::sort(names.begin(), names.end());
  std::vector<sdk::StrategyDescription> strategies;
  for (const std::string& name : names) strategies.push_back(load_named(name, search).strategy);
  return strategies;
}

}  // namespace engram::cli

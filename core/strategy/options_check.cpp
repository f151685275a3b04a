#include "strategy/options_check.hpp"

#include "strategy/plugin_finder.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/settings_check.hpp"

namespace engram::strategy {

void check_options(const std::vector<recipe::StrategyEntry>& entries, const std::vector<std::filesystem::path>& search,
                   Faults& faults) {
  for (const recipe::StrategyEntry& entry : entries) {
    try {
      const Plugin& plugin = load_plugin(entry.id, find_plugin({entry.id}, search, entry.place), entry.place);
      check_settings(entry, plugin.strategy, faults);
    } catch (const PluginError& error) {
      faults.add(error.faults());
    }
  }
}

}  // namespace engram::strategy

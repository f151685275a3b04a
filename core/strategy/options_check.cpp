#include "strategy/options_check.hpp"

#include "strategy/plugin_finder.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/settings_check.hpp"

namespace engram::strategy {

const Plugin* load_for(const recipe::StrategyEntry& entry, const std::vector<std::filesystem::path>& search,
                       Faults& faults) {
  try {
    const PluginName name = plugin_name(entry.id);
    return &load_plugin(name.id, find_plugin(name, search, entry.place), entry.place);
  } catch (const PluginError& error) {
    faults.add(error.faults());
    return nullptr;
  }
}

void check_options(const std::vector<recipe::StrategyEntry>& entries, const std::vector<std::filesystem::path>& search,
                   Faults& faults) {
  for (const recipe::StrategyEntry& entry : entries) {
    if (const Plugin* plugin = load_for(entry, search, faults)) check_settings(entry, plugin->strategy, faults);
  }
}

}  // namespace engram::strategy

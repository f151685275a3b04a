#include "cli/plugin_state.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "strategy/fingerprint.hpp"
#include "strategy/plugin_file.hpp"

namespace engram::cli {

PluginState plugin_state(const strategy::FoundPlugin& plugin) {
  if (plugin.shadowed) return {PluginFit::shadowed, "not used: an earlier folder holds the same id"};
  try {
    const std::vector<std::string> differences = strategy::tag_differences(strategy::read_abi_tag(plugin.file, {}));
    if (differences.empty()) return {PluginFit::fits, "ready"};
    return {PluginFit::refused, "refused: built for " + text::join(differences, "; ")};
  } catch (const PluginError& error) {
    return {PluginFit::refused, "refused: " + error.faults().front().what};
  }
}

}  // namespace engram::cli

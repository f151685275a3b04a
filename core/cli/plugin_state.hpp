// Whether a plugin file fits this program, found out without loading it.
#pragma once

#include <string>

#include "strategy/plugin_finder.hpp"

namespace engram::cli {

enum class PluginFit { fits, shadowed, refused };

struct PluginState {
  PluginFit fit = PluginFit::refused;
  std::string text;  // "ready", or why not
};

PluginState plugin_state(const strategy::FoundPlugin& plugin);

}  // namespace engram::cli

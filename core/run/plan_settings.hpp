// Every setting of a run, those of the recipe apart from those left at their defaults.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "run/preparation.hpp"

namespace engram::run {

struct SettingsOf {
  std::string section;                                        // "train", "data.new", "strategies[1] lora"
  std::vector<std::pair<std::string, std::string>> given;     // key, value as a recipe writes it
  std::vector<std::pair<std::string, std::string>> defaults;  // written nowhere, or written as the default is
};

// In the recipe's order of sections: the model and callbacks, tasks, data, strategies, train, checkpoints.
std::vector<SettingsOf> settings_of(const Preparation& prepared);

}  // namespace engram::run

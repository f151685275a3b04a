// What `engram plan` prints: everything that is settled before a run starts.
#pragma once

#include <string>

#include "run/preparation.hpp"

namespace engram::run {

// Sections: model, tasks, data, settings, who owns which parameter, matched modules, steps, learning rates, metrics,
// memory, warnings, advice. Lines end in '\n'.
std::string plan_text(Preparation& prepared);

}  // namespace engram::run

// What `engram plan` prints: everything that is settled before a run starts.
#pragma once

#include <string>

#include "run/preparation.hpp"

namespace engram::run {

// Sections: model, tasks, data, who owns which parameter, optimizer groups, steps and learning rates, memory. The
// schedule is called for a handful of steps. Lines end in '\n'.
std::string plan_text(Preparation& prepared);

}  // namespace engram::run

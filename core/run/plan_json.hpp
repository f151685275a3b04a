// The plan for programs: `engram plan --json`.
#pragma once

#include "base/json.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// What plan_text() says, as one object (docs/advice.md lists its keys).
Json plan_json(Preparation& prepared);

}  // namespace engram::run

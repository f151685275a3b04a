// An inspection as people read it.
#pragma once

#include <string>

#include "base/json.hpp"

namespace engram::run {

// `found` is Inspection::found; its faults are left out. Several lines.
std::string inspection_text(const Json& found);

}  // namespace engram::run

// What `engram --version` says.
#pragma once

#include <string>

namespace engram::cli {

// Versions of engram, the SDK, torch and the compiler, and the ABI tag that plugins must carry; one a line.
std::string version_text();

}  // namespace engram::cli

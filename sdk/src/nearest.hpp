// Nearest names for error texts; private to the SDK, which depends on nothing of the host.
#pragma once

#include <string>
#include <vector>

namespace engram::sdk {

// "; did you mean 'a' or 'b'?", or "" when nothing is close.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);

}  // namespace engram::sdk

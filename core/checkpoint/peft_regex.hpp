// Regular expressions of adapter_config.json, which come from files that others wrote.
#pragma once

#include <optional>
#include <regex>
#include <string>

namespace engram::checkpoint {

// Empty where it is malformed, longer than any sensible one, or says what only Python's syntax has. Matching one
// against a name takes time that no expression can make exponential.
std::optional<std::regex> compiled(const std::string& expression);

}  // namespace engram::checkpoint

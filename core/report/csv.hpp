// Comma-separated values, as RFC 4180 has them.
#pragma once

#include <string>
#include <vector>

namespace engram::report {

// Quoted where the text holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);
// Fields joined by commas, each quoted where it has to be; no line end.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace engram::report

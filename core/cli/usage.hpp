// Wrong command lines: what was not understood, and the nearest that would have been.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace engram::cli {

// A sentence for standard error, ending in a newline.
std::string usage_text(const CLI::App& app, const CLI::ParseError& error);

}  // namespace engram::cli

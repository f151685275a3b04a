// The log: preformatted lines to standard error (and to a file once a run has a folder). spdlog stays in log.cpp.
#pragma once

#include <filesystem>
#include <string_view>

namespace engram::log {

enum class Level { debug, info, warning, error, off };

// What reaches standard error; the log file gets everything from debug on.
void set_console_level(Level level);
void open_file(const std::filesystem::path& file);

void debug(std::string_view line);
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

}  // namespace engram::log

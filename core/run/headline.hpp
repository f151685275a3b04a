// The header of a run and the commands that make sense after it, in words.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/views.hpp"
#include "run/material.hpp"

namespace engram::run {

report::RunHeader run_header(const Preparation& prepared, const Material& material,
                             const std::filesystem::path& run_folder);

// How to go on, or how to use what was trained.
std::vector<std::string> next_commands(const report::RunSummary& summary);

}  // namespace engram::run

// engram run by engram, in a process of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace engram::run {

// Runs this program with the arguments ("run", "recipe.lua"); all that it prints goes to `output`. Returns its exit
// code, 128 plus the number of the signal that ended it. A signal that arrives here meanwhile is passed on, once.
// Throws InternalError (exit 6) when no process can be made.
int run_engram(const std::vector<std::string>& arguments, const std::filesystem::path& output);

}  // namespace engram::run

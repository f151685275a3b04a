// What a process leaves in a folder of checkpoints when it is killed while it writes there.
#pragma once

#include <filesystem>

namespace engram::checkpoint {

// Takes a folder away in one call to the system, so that nobody ever sees a part of it; what a process that is killed
// leaves of it is a half. Does nothing without a folder. Throws InternalError (exit 6).
void remove_whole(const std::filesystem::path& folder);

// To be called by the folder's only writer. Brings back what a killed process had put aside to replace it, and removes
// everything half-written. What cannot be removed is no obstacle.
void sweep_halves(const std::filesystem::path& folder);

}  // namespace engram::checkpoint

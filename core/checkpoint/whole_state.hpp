// The newest training state that is whole, and what becomes of those that are not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"

namespace engram::checkpoint {

// A training state that was passed over.
struct Damaged {
  std::filesystem::path folder;
  std::string why;
};

struct WholeState {
  std::filesystem::path folder;
  TrainingState state;
  std::vector<Damaged> passed_over;  // newest first
};

enum class Wanted { any, accepted };

// The newest step-* folder in `folder` that can be read and whose checksums are right. Empty when there is no training
// state at all. Throws DataError naming every one when there are some and none is whole, and where a state is of
// another format version, which is no damage.
std::optional<WholeState> newest_whole_state(const std::filesystem::path& folder, Wanted wanted);

// Renames a damaged state, so that nobody takes it for one: step-000020.damaged. Returns the new name. Throws
// InternalError (exit 6).
std::filesystem::path set_aside(const Damaged& damaged);

}  // namespace engram::checkpoint

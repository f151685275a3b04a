// Scores of untouched models on disk, so that a second run does not compute them again.
#pragma once

#include <optional>
#include <string>

#include "eval/evaluator.hpp"

namespace engram::run {

// Entries live in cache_folder()/baselines. A damaged or absent entry is not found; one that cannot be written is a
// warning in the log.
std::optional<eval::SetScores> find_baseline(const std::string& key);
void keep_baseline(const std::string& key, const eval::SetScores& scores);

}  // namespace engram::run

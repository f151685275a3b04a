// `engram verify-resume`: does a run of a recipe that was stopped and resumed leave the same bytes as one that was not?
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "run/run_difference.hpp"

namespace engram::run {

struct VerifyRequest {
  std::vector<std::string> run;     // what follows `engram run`: the recipe and its options
  std::vector<std::string> resume;  // what follows `engram run --resume FOLDER`
  std::vector<int64_t> at;          // steps to stop at; empty: in the middle
  std::filesystem::path folder;     // an empty one, for the runs
};

struct Verified {
  int64_t at = 0;
  std::filesystem::path folder;  // of the run that was stopped
  RunComparison comparison;
};

// Runs the recipe straight, and then once for each step stopped there and resumed, each time in a process of its own;
// calls `verified` after each of them. Returns the steps of the straight run. Throws Error with the exit code and the
// last words of a run that does not end as it should; DataError when the recipe has no such step; Interrupted.
int64_t verify_resume(const VerifyRequest& request, const std::function<void(const Verified&)>& verified);

}  // namespace engram::run

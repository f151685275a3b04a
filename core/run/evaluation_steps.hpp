// When a run is evaluated: before the first step, often inside the first epoch, after every epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "train/trainer.hpp"

namespace engram::run {

// Numbers of optimizer steps done, sorted, from 0 to the last; `inside_first` of them divide the first epoch evenly.
std::vector<int64_t> evaluation_steps(const train::StepCount& count, int64_t inside_first);

}  // namespace engram::run

// What a recipe asks for and will not get, although nothing about it is wrong.
#pragma once

#include <string>
#include <vector>

#include "run/preparation.hpp"

namespace engram::run {

// Strategies that change nothing, stages of training that lie beyond the last of `steps`, data sets for strategies that
// nothing reads; what is not known of an adapter that training goes on from.
std::vector<std::string> plan_warnings(const Preparation& prepared, const train::StepCount& steps);

}  // namespace engram::run

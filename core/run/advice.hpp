// The pitfall advisor's view of a run that has been prepared.
#pragma once

#include <string>
#include <vector>

#include "advisor/advice.hpp"
#include "advisor/facts.hpp"
#include "run/preparation.hpp"

namespace engram::run {

// Fills `guards` and `advice`; everything else has been settled. Calls schedule, score and stop on made-up numbers, and
// puts back what they keep.
void give_advice(Preparation& prepared);

// What advice is drawn from, with the guards that `prepared` holds.
advisor::Facts advice_facts(Preparation& prepared);

// Throws RecipeError with every piece of advice as a fault; does nothing without any.
void refuse_advice(const std::vector<advisor::Advice>& advice);

}  // namespace engram::run

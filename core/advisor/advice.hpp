// One piece of advice: a recipe that may run, and is likely to disappoint.
#pragma once

#include <string>

namespace engram::advisor {

struct Advice {
  std::string name;        // short, for `waive` (recipe/advice_names.hpp)
  std::string setting;     // path in the recipe: "train.epochs"
  std::string reason;      // one sentence, with the numbers at hand, without a full stop
  std::string change;      // the text to write into the recipe, or what to do where no setting can help
  std::string place = {};  // "recipe.lua:12", where known
};

std::string finding_of(const Advice& advice);  // "train.epochs (recipe.lua:12): reason"
std::string change_of(const Advice& advice);   // "change: epochs = 3  [over_training]"

}  // namespace engram::advisor

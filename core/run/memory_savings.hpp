// Which settings of a recipe would make it need less memory, by the estimate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"
#include "strategy/resolution.hpp"

namespace engram::run {

// Where the memory was needed.
enum class MemoryUse { preparing, training, scoring };

struct MemorySaving {
  std::string setting;  // as a recipe writes it: "train.batch_size = 8 with train.accumulation = 4"
  uint64_t bytes = 0;   // that it would save, by the estimate
};

// The three that save most, the largest first; fewer where fewer save anything.
std::vector<MemorySaving> memory_savings(const recipe::Train& train, const sdk::ModelView& view,
                                         const strategy::Resolution& resolution, MemoryUse use);

}  // namespace engram::run

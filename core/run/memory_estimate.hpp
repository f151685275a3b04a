// How much memory a run will need, before it starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"
#include "strategy/resolution.hpp"

namespace engram::run {

struct MemoryPart {
  std::string name;
  uint64_t bytes = 0;
};

// Weights, gradients, optimizer moments, and an upper bound of the activations of one micro-batch, mixed examples
// included, whose sequences all have max_length tokens: (34 H + 5 heads L) bytes per token and block in 16 bits (arXiv
// 2205.05198, table 2), twice that in fp32.
std::vector<MemoryPart> estimate_memory(const recipe::Train& train, const sdk::ModelView& view,
                                        const strategy::Resolution& resolution);

}  // namespace engram::run

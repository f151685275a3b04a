// One seed per consumer, all derived from the recipe's train.seed, so that no consumer's draws move another's.
#pragma once

#include <cstdint>
#include <string_view>

namespace engram {

// A 64-bit seed for the named consumer ("data order", "dropout", "head:questions", "strategy:lora"), a pure function
// of its arguments: the first eight bytes (little-endian) of SHA-256("engram-seed/<seed>/<consumer>").
uint64_t derive_seed(uint64_t seed, std::string_view consumer);

}  // namespace engram

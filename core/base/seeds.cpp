#include "base/seeds.hpp"

#include <string>

#include "base/files.hpp"

namespace engram {

uint64_t derive_seed(uint64_t seed, std::string_view consumer) {
  const std::string digest = sha256("engram-seed/" + std::to_string(seed) + "/" + std::string(consumer));
  uint64_t derived = 0;
  for (int byte = 7; byte >= 0; --byte) {
    derived = derived << 8 | std::stoull(digest.substr(static_cast<size_t>(2 * byte), 2), nullptr, 16);
  }
  return derived;
}

}  // namespace engram

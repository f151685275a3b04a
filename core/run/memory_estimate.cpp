#include "run/memory_estimate.hpp"

namespace engram::run {

std::vector<MemoryPart> estimate_memory(const Preparation& prepared) {
  constexpr uint64_t kFloatBytes = 4;
  constexpr uint64_t kMoments = 2;
  const recipe::Train& train = prepared.recipe().train;
  const auto trainable = static_cast<uint64_t>(prepared.resolution.trainable_count());
  const auto hidden = static_cast<uint64_t>(prepared.view.hidden);
  const auto length = static_cast<uint64_t>(train.max_length);
  const auto heads =
      static_cast<uint64_t>(prepared.view.attention_sites.empty() ? 0 : prepared.view.attention_sites.front().heads);
  uint64_t kept = 0;
  for (const strategy::ResolvedTensor& tensor : prepared.resolution.tensors) {
    if (tensor.kept) kept += static_cast<uint64_t>(tensor.count());
  }
  for (const std::string& name : prepared.resolution.snapshot) {
    kept += static_cast<uint64_t>(prepared.resolution.find(name)->count());
  }
  const uint64_t tokens = static_cast<uint64_t>(train.batch_size) * length;
  const uint64_t width_factor = train.precision == recipe::Precision::bf16 ? 1 : 2;
  const uint64_t per_token_and_block = (34 * hidden + 5 * heads * length) * width_factor;
  std::vector<MemoryPart> parts = {
      {"weights", static_cast<uint64_t>(prepared.resolution.total_count()) * kFloatBytes},
      {"gradients", trainable * kFloatBytes},
      {"optimizer moments", trainable * kMoments * kFloatBytes},
      {"activations, at most", tokens * per_token_and_block * static_cast<uint64_t>(prepared.view.layers)}};
  if (kept > 0) parts.push_back({"kept by strategies", kept * kFloatBytes});
  return parts;
}

}  // namespace engram::run

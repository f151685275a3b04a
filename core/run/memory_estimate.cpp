#include "run/memory_estimate.hpp"

#include <cmath>

namespace engram::run {
namespace {

// Tokens of a micro-batch at most: mixed examples come on top of its new ones.
uint64_t tokens_of(const recipe::Train& train, const strategy::Resolution& resolution) {
  double new_share = 1;
  for (const auto& [strategy, mix] : resolution.mixes) new_share -= mix.share;
  return static_cast<uint64_t>(std::llround(static_cast<double>(train.batch_size * train.max_length) / new_share));
}

}  // namespace

std::vector<MemoryPart> estimate_memory(const recipe::Train& train, const sdk::ModelView& view,
                                        const strategy::Resolution& resolution) {
  constexpr uint64_t kFloatBytes = 4;
  constexpr uint64_t kMoments = 2;
  const auto trainable = static_cast<uint64_t>(resolution.trainable_count());
  const auto hidden = static_cast<uint64_t>(view.hidden);
  const auto length = static_cast<uint64_t>(train.max_length);
  const auto heads = static_cast<uint64_t>(view.attention_sites.empty() ? 0 : view.attention_sites.front().heads);
  uint64_t kept = 0;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    if (tensor.kept) kept += static_cast<uint64_t>(tensor.count());
  }
  for (const std::string& name : resolution.snapshot) {
    kept += static_cast<uint64_t>(resolution.find(name)->count());
  }
  const uint64_t tokens = tokens_of(train, resolution);
  const uint64_t width_factor = train.precision == recipe::Precision::bf16 ? 1 : 2;
  const uint64_t per_token_and_block = (34 * hidden + 5 * heads * length) * width_factor;
  std::vector<MemoryPart> parts = {
      {"weights", static_cast<uint64_t>(resolution.total_count()) * kFloatBytes},
      {"gradients", trainable * kFloatBytes},
      {"optimizer moments", trainable * kMoments * kFloatBytes},
      {"activations, at most", tokens * per_token_and_block * static_cast<uint64_t>(view.layers)}};
  if (kept > 0) parts.push_back({"kept by strategies", kept * kFloatBytes});
  return parts;
}

}  // namespace engram::run

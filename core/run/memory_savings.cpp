#include "run/memory_savings.hpp"

#include <algorithm>

#include "run/memory_estimate.hpp"

namespace engram::run {
namespace {

constexpr size_t kTold = 3;

uint64_t total(const std::vector<MemoryPart>& parts) {
  uint64_t sum = 0;
  for (const MemoryPart& part : parts) sum += part.bytes;
  return sum;
}

class Savings {
 public:
  Savings(const recipe::Train& train, const sdk::ModelView& view, const strategy::Resolution& resolution)
      : train_(train), view_(view), resolution_(resolution), now_(total(estimate_memory(train, view, resolution))) {}

  // What a changed setting saves while it trains.
  void add(const std::string& setting, const recipe::Train& changed) {
    const uint64_t then = total(estimate_memory(changed, view_, resolution_));
    add(setting, then < now_ ? now_ - then : 0);
  }
  void add(const std::string& setting, uint64_t bytes) {
    if (bytes > 0) all_.push_back({setting, bytes});
  }

  void batches() {
    if (train_.batch_size < 2) return;
    recipe::Train changed = train_;
    changed.batch_size = train_.batch_size / 2;
    changed.accumulation = train_.accumulation * 2;
    add("train.batch_size = " + std::to_string(changed.batch_size) +
            " with train.accumulation = " + std::to_string(changed.accumulation) + " (the loss stays the same)",
        changed);
  }

  void lengths() {
    constexpr int64_t kShortest = 16;  // shorter texts say too little
    if (train_.max_length < 2 * kShortest) return;
    recipe::Train changed = train_;
    changed.max_length = train_.max_length / 2;
    add("train.max_length = " + std::to_string(changed.max_length), changed);
  }

  void precision() {
    recipe::Train changed = train_;
    changed.precision = recipe::Precision::bf16;
    add("train.precision = \"bf16\"", changed);
  }

  // Gradients and both moments of AdamW are kept of what trains only: with LoRA of rank 8 on query and value, two
  // matrices of rank x hidden each.
  void adapters() {
    constexpr int64_t kRank = 8, kMatrices = 4;
    constexpr uint64_t kBytes = 12;
    const int64_t lora = kRank * kMatrices * view_.hidden * view_.layers;
    const int64_t trains = resolution_.trainable_count();
    if (trains <= 2 * lora) return;
    add("strategies = { { \"lora\" } } in place of training " + std::to_string(trains) + " parameters",
        static_cast<uint64_t>(trains - lora) * kBytes);
  }

  // Scoring keeps one block's activations at a time, and no gradients.
  void scoring() {
    if (train_.evaluation_batch_size < 2) return;
    recipe::Train scoring = train_;
    scoring.batch_size = train_.evaluation_batch_size / 2;
    sdk::ModelView block = view_;
    block.layers = 1;
    recipe::Train none = scoring;
    none.batch_size = 0;
    const uint64_t saved =
        total(estimate_memory(scoring, block, resolution_)) - total(estimate_memory(none, block, resolution_));
    all_.insert(all_.begin(), {"train.evaluation_batch_size = " + std::to_string(scoring.batch_size), saved});
  }

  void sort() {
    std::stable_sort(all_.begin(), all_.end(),
                     [](const MemorySaving& a, const MemorySaving& b) { return a.bytes > b.bytes; });
  }

  std::vector<MemorySaving> best() {
    if (all_.size() > kTold) all_.resize(kTold);
    return all_;
  }

 private:
  const recipe::Train& train_;
  const sdk::ModelView& view_;
  const strategy::Resolution& resolution_;
  uint64_t now_;
  std::vector<MemorySaving> all_;
};

}  // namespace

std::vector<MemorySaving> memory_savings(const recipe::Train& train, const sdk::ModelView& view,
                                         const strategy::Resolution& resolution, MemoryUse use) {
  Savings savings(train, view, resolution);
  savings.batches();
  savings.lengths();
  savings.precision();
  savings.adapters();
  savings.sort();
  if (use == MemoryUse::scoring) savings.scoring();  // nothing else is as near
  return savings.best();
}

}  // namespace engram::run

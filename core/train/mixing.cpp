#include "train/mixing.hpp"

#include <cmath>

#include "base/errors.hpp"
#include "base/seeds.hpp"
#include "data/batch.hpp"
#include "train/passes.hpp"

namespace engram::train {

Mixing::Mixing(const std::vector<strategy::Owned<sdk::Mix>>& mixes, const MixedData& data, uint64_t seed) {
  for (const auto& mix : mixes) new_share_ -= mix.claim.share;
  for (const auto& mix : mixes) {
    const auto found = data.find(mix.claim.data);
    if (found == data.end() || found->second->size() == 0) {
      throw InternalError({.what = "the data set '" + mix.claim.data + "' of a mix did not reach the trainer"});
    }
    const uint64_t own_seed = derive_seed(seed, "mix:" + mix.claim.data);
    sources_.push_back({.examples = found->second,
                        .pool = choose_rows(found->second->size(), mix.claim.rows, own_seed),
                        .seed = own_seed,
                        .per_new = mix.claim.share / new_share_});
  }
}

// The shares are decimal fractions, so a count that should be whole may come out a rounding error below itself.
int64_t Mixing::count_until(const Source& source, int64_t new_examples) {
  return static_cast<int64_t>(std::floor(source.per_new * static_cast<double>(new_examples) + 1e-6));
}

std::vector<int64_t> Mixing::rows_of(const Source& source, int64_t begin, int64_t end) {
  const auto size = static_cast<int64_t>(source.pool.size());
  std::vector<int64_t> rows, order;
  for (int64_t at = begin; at < end; ++at) {
    if (at == begin || at % size == 0) order = data::epoch_order(size, source.seed, at / size);
    rows.push_back(source.pool[static_cast<size_t>(order[static_cast<size_t>(at % size)])]);
  }
  return rows;
}

std::vector<MixedRows> Mixing::rows(int64_t new_before, int64_t new_after) const {
  std::vector<MixedRows> mixed;
  for (const Source& source : sources_) {
    mixed.push_back(
        {source.examples, rows_of(source, count_until(source, new_before), count_until(source, new_after))});
  }
  return mixed;
}

int64_t count_rows(const std::vector<MixedRows>& mixed) {
  int64_t count = 0;
  for (const MixedRows& entry : mixed) count += static_cast<int64_t>(entry.rows.size());
  return count;
}

std::vector<MixedRows> part_of(const std::vector<MixedRows>& mixed, int64_t part, int64_t parts) {
  std::vector<MixedRows> own;
  for (const MixedRows& entry : mixed) {
    const auto count = static_cast<int64_t>(entry.rows.size());
    own.push_back(
        {entry.examples, {entry.rows.begin() + part * count / parts, entry.rows.begin() + (part + 1) * count / parts}});
  }
  return own;
}

}  // namespace engram::train

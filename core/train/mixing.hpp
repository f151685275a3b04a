// Which rows of other data sets come into which optimizer step: a pure function of the step.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "strategy/resolution.hpp"

namespace engram::train {

// Data sets that strategies name in mixes, by name.
using MixedData = std::map<std::string, const data::Examples*>;

// Rows of one data set.
struct MixedRows {
  const data::Examples* examples = nullptr;
  std::vector<int64_t> rows;
};

// With shares r_i that add to R, mix i has brought floor(r_i / (1 - R) * n) rows once n new examples have come. Rows
// are taken from the mix's pool (choose_rows) in a permutation that is drawn anew for every cycle through it, seeded
// "mix:<data>".
class Mixing {
 public:
  Mixing(const std::vector<strategy::Owned<sdk::Mix>>& mixes, const MixedData& data, uint64_t seed);

  // 1 - R: the weight of the mean over new examples in the loss. 1 without mixes.
  double new_share() const { return new_share_; }
  // The rows of the step that brings new examples `new_before` to `new_after` (counted from the run's first), one entry
  // for each mix.
  std::vector<MixedRows> rows(int64_t new_before, int64_t new_after) const;

 private:
  struct Source {
    const data::Examples* examples = nullptr;
    std::vector<int64_t> pool;
    uint64_t seed = 0;
    double per_new = 0;  // r_i / (1 - R)
  };
  static int64_t count_until(const Source& source, int64_t new_examples);
  static std::vector<int64_t> rows_of(const Source& source, int64_t begin, int64_t end);

  std::vector<Source> sources_;
  double new_share_ = 1;
};

int64_t count_rows(const std::vector<MixedRows>& mixed);

// The share of micro-batch `part` of `parts`: cut evenly, every row in exactly one.
std::vector<MixedRows> part_of(const std::vector<MixedRows>& mixed, int64_t part, int64_t parts);

}  // namespace engram::train

#include "predict/batches.hpp"

#include <algorithm>
#include <numeric>

namespace engram::predict {

std::vector<std::vector<int64_t>> batches(const std::vector<int64_t>& offsets, BatchLimits limits) {
  const auto length = [&](int64_t row) {
    return offsets[static_cast<size_t>(row) + 1] - offsets[static_cast<size_t>(row)];
  };
  std::vector<int64_t> order(offsets.size() - 1);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(a) < length(b); });
  std::vector<std::vector<int64_t>> all;
  int64_t tokens = 0;
  for (const int64_t row : order) {
    const bool full = all.empty() || (limits.rows > 0 ? static_cast<int64_t>(all.back().size()) == limits.rows
                                                      : tokens + length(row) > limits.tokens);
    if (full) {
      all.emplace_back();
      tokens = 0;
    }
    all.back().push_back(row);
    tokens += length(row);
  }
  return all;
}

}  // namespace engram::predict

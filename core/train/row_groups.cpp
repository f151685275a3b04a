#include "train/row_groups.hpp"

#include <algorithm>

namespace engram::train {

RowGroups::RowGroups(std::vector<int64_t> offsets, at::Device device) : offsets_(std::move(offsets)), device_(device) {
  for (size_t g = 0; g + 1 < offsets_.size(); ++g) longest_ = std::max(longest_, offsets_[g + 1] - offsets_[g]);
  if (longest_ * groups() == rows()) return;
  std::vector<int64_t> slots;
  slots.reserve(static_cast<size_t>(rows()));
  for (int64_t g = 0; g < groups(); ++g) {
    const int64_t length = offsets_[static_cast<size_t>(g) + 1] - offsets_[static_cast<size_t>(g)];
    for (int64_t s = 0; s < length; ++s) slots.push_back(g * longest_ + s);
  }
  slot_of_row_N = at::tensor(slots, at::kLong).to(device_);
}

at::Tensor RowGroups::padded(const at::Tensor& rows_NW) const {
  const int64_t width = rows_NW.size(1);
  if (!slot_of_row_N.defined()) return rows_NW.reshape({groups(), longest_, width});
  return at::zeros({groups() * longest_, width}, rows_NW.options())
      .index_copy_(0, slot_of_row_N, rows_NW)
      .view({groups(), longest_, width});
}

at::Tensor RowGroups::group_of_row() const {
  std::vector<int64_t> group(static_cast<size_t>(rows()));
  for (int64_t g = 0; g < groups(); ++g) {
    std::fill(group.begin() + offsets_[static_cast<size_t>(g)], group.begin() + offsets_[static_cast<size_t>(g) + 1],
              g);
  }
  return at::tensor(group, at::kLong).to(device_);
}

}  // namespace engram::train

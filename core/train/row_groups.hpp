// Rows of a packed tensor in groups of neighbours: the tokens of a sequence, or all rows of a batch.
//
// Shape letters: N rows, G groups, S rows of the longest group, W any width.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace engram::train {

class RowGroups {
 public:
  // `offsets` are G + 1 ascending borders from 0 to N.
  RowGroups(std::vector<int64_t> offsets, at::Device device);

  int64_t groups() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t rows() const { return offsets_.back(); }
  // Whether every group is one row.
  bool single_rows() const { return longest_ == 1; }
  // (N, W) -> (G, S, W), zero where a group has fewer rows.
  at::Tensor padded(const at::Tensor& rows_NW) const;
  // Each group's sum (G, W), from padded().
  static at::Tensor sums(const at::Tensor& padded_GSW) { return padded_GSW.sum(1); }
  // The group of each row: int64 (N).
  at::Tensor group_of_row() const;

 private:
  std::vector<int64_t> offsets_;
  at::Device device_;
  int64_t longest_ = 0;
  at::Tensor slot_of_row_N;  // int64; undefined: all groups are equally long
};

}  // namespace engram::train

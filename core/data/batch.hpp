// Packed batches: the sequences of a batch end to end, without padding, and who comes in which batch.
//
// Shape letters: T tokens in the batch, B sequences in the batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/examples.hpp"

namespace engram::data {

struct Batch {
  at::Tensor input_ids_T;        // int64
  at::Tensor token_type_ids_T;   // int64
  at::Tensor position_ids_T;     // int64, from 0 in every sequence
  at::Tensor labels_B;           // int64; -1: no label
  std::vector<int64_t> offsets;  // B + 1 borders, on the host: sequence b is tokens offsets[b] .. offsets[b + 1]
  std::vector<int64_t> rows;     // B example indices, in batch order

  int64_t size() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
  int64_t longest() const;  // tokens of the longest sequence
  Batch to(at::Device device) const;
};

// Packs the given examples, in that order, on the CPU.
Batch pack(const Examples& examples, std::span<const int64_t> rows);

// The sequences of several batches end to end, in that order; `rows` too, though they may be of different data sets.
// All on one device.
Batch join(const std::vector<Batch>& batches);

// The order of one epoch: a permutation of 0 .. count - 1 drawn from a CPU generator seeded seed + epoch, the same one
// as transformers' Trainer draws (torch.randperm under torch.Generator().manual_seed(seed + epoch)).
std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch);

}  // namespace engram::data

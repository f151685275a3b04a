// Where the sequences of a packed batch lie, prepared once per batch and shared by all layers.
//
// Shape letters: T tokens, B sequences, S tokens of the longest sequence, and any trailing width W.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace engram::kernels {

struct PackedLayout {
  int64_t sequences = 0;      // B
  int64_t longest = 0;        // S
  int64_t tokens = 0;         // T
  bool equal_lengths = true;  // every sequence has S tokens: (T, W) is (B, S, W) as it stands
  at::Tensor first_B;         // int64: each sequence's first token
  // Only for unequal lengths:
  at::Tensor token_of_slot_BS;  // int64 (B * S): the packed token of each padded slot; padding repeats token 0
  at::Tensor slot_of_token_T;   // int64: the padded slot of each packed token
  at::Tensor is_token_B11S;     // bool: true where a slot holds a token
};

// `offsets` are B + 1 ascending borders from 0; every sequence holds at least one token (else InternalError).
PackedLayout make_layout(const std::vector<int64_t>& offsets, at::Device device);

// (T, W) -> (B * S, W). Padding slots hold copies of some token; their gradient is taken to be zero, which holds for
// whatever attention masks out.
at::Tensor pad(const at::Tensor& packed_TW, const PackedLayout& layout);
// (B * S, W) -> (T, W): drops the padding.
at::Tensor unpad(const at::Tensor& padded_BSW, const PackedLayout& layout);

}  // namespace engram::kernels

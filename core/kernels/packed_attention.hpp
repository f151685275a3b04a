// Bidirectional multi-head attention over packed sequences: a token attends to the tokens of its own sequence.
//
// Shape letters: T tokens, H = heads * head size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/dropout.hpp"
#include "kernels/packed_layout.hpp"

namespace engram::kernels {

struct AttentionShape {
  int64_t heads = 1;
  double dropout = 0;  // on the attention probabilities
};

// softmax(Q K^T / sqrt(head size)) V for every sequence and head, (T, H). Fused where no dropout is drawn.
at::Tensor packed_attention(const at::Tensor& query_TH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                            const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source);

// The same for one query per sequence, the first token's: query (B, H), result (B, H).
at::Tensor first_token_attention(const at::Tensor& query_BH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                                 const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source);

// The definition, sequence by sequence with plain operators and without dropout: what the others are tested against.
at::Tensor packed_attention_reference(const at::Tensor& query_TH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                                      const std::vector<int64_t>& offsets, int64_t heads);

}  // namespace engram::kernels

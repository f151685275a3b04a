// Bidirectional multi-head attention over packed sequences: a token attends to the tokens of its own sequence, and to a
// prefix where there is one. Keys and values may have fewer heads than queries (grouped-query attention): each then
// serves heads / key_value_heads consecutive query heads.
//
// Shape letters: T tokens, B sequences, N tokens of a prefix, H = heads * head size, G = key_value_heads * head size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/dropout.hpp"
#include "kernels/packed_layout.hpp"

namespace engram::kernels {

struct AttentionShape {
  int64_t heads = 1;
  int64_t key_value_heads = 0;  // 0: as many as heads
  double dropout = 0;           // on the attention probabilities
};

// Keys and values that stand before those of every sequence; undefined: none.
struct AttentionPrefix {
  at::Tensor keys_NG;
  at::Tensor values_NG;
};

// softmax(Q K^T / sqrt(head size)) V for every sequence and head, (T, H). Fused where no dropout is drawn.
at::Tensor packed_attention(const at::Tensor& query_TH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                            const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source,
                            const AttentionPrefix& prefix = {});

// The same for one query per sequence, the first token's: query (B, H), result (B, H).
at::Tensor first_token_attention(const at::Tensor& query_BH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                                 const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source,
                                 const AttentionPrefix& prefix = {});

// The definition, sequence by sequence with plain operators and without dropout: what the others are tested against.
at::Tensor packed_attention_reference(const at::Tensor& query_TH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                                      const std::vector<int64_t>& offsets, const AttentionShape& shape,
                                      const AttentionPrefix& prefix = {});

}  // namespace engram::kernels

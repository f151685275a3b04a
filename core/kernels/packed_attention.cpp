#include "kernels/packed_attention.hpp"

#include <cmath>
#include <limits>

namespace engram::kernels {
namespace {

// (B * S, H) -> (B, heads, S, head size), a view.
at::Tensor split_heads(const at::Tensor& padded, int64_t sequences, int64_t heads) {
  return padded.view({sequences, padded.size(0) / sequences, heads, padded.size(1) / heads}).transpose(1, 2);
}

// The inverse of split_heads; free for tensors that are laid out as their queries were.
at::Tensor join_heads(const at::Tensor& split) {
  return split.transpose(1, 2).reshape({split.size(0) * split.size(2), split.size(1) * split.size(3)});
}

at::Tensor explicit_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                              const PackedLayout& layout, double dropout_probability, const DropoutSource& source) {
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  at::Tensor scores = at::matmul(query * scale, key.transpose(-2, -1));
  if (!layout.equal_lengths) {
    scores = scores.masked_fill(layout.is_token_B11S.logical_not(), -std::numeric_limits<double>::infinity());
  }
  return at::matmul(dropout(at::softmax(scores, -1), dropout_probability, source), value);
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const PackedLayout& layout, double dropout_probability, const DropoutSource& source) {
  if (source && dropout_probability > 0) {
    return explicit_attention(query, key, value, layout, dropout_probability, source);
  }
  if (layout.equal_lengths) return at::scaled_dot_product_attention(query, key, value);
  return at::scaled_dot_product_attention(query, key, value, layout.is_token_B11S);
}

}  // namespace

at::Tensor packed_attention(const at::Tensor& query_TH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                            const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source) {
  const at::Tensor query = split_heads(pad(query_TH, layout), layout.sequences, shape.heads);
  const at::Tensor key = split_heads(pad(key_TH, layout), layout.sequences, shape.heads);
  const at::Tensor value = split_heads(pad(value_TH, layout), layout.sequences, shape.heads);
  return unpad(join_heads(attention(query, key, value, layout, shape.dropout, source)), layout);
}

at::Tensor first_token_attention(const at::Tensor& query_BH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                                 const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source) {
  const at::Tensor query = split_heads(query_BH, layout.sequences, shape.heads);
  const at::Tensor key = split_heads(pad(key_TH, layout), layout.sequences, shape.heads);
  const at::Tensor value = split_heads(pad(value_TH, layout), layout.sequences, shape.heads);
  return join_heads(attention(query, key, value, layout, shape.dropout, source));
}

at::Tensor packed_attention_reference(const at::Tensor& query_TH, const at::Tensor& key_TH, const at::Tensor& value_TH,
                                      const std::vector<int64_t>& offsets, int64_t heads) {
  const int64_t head_size = query_TH.size(1) / heads;
  std::vector<at::Tensor> sequences;
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    const int64_t length = offsets[b + 1] - offsets[b];
    const auto heads_of = [&](const at::Tensor& x_TH) {
      return x_TH.narrow(0, offsets[b], length).reshape({length, heads, head_size}).transpose(0, 1);
    };
    const at::Tensor scores = at::matmul(heads_of(query_TH), heads_of(key_TH).transpose(-2, -1));
    const at::Tensor shares = at::softmax(scores / std::sqrt(static_cast<double>(head_size)), -1);
    sequences.push_back(at::matmul(shares, heads_of(value_TH)).transpose(0, 1).reshape({length, -1}));
  }
  return at::cat(sequences, 0);
}

}  // namespace engram::kernels

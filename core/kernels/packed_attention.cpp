#include "kernels/packed_attention.hpp"

#include <cmath>
#include <limits>

namespace engram::kernels {
namespace {

// (B * S, H) -> (B, heads, S, head size), a view.
at::Tensor split_heads(const at::Tensor& padded, int64_t sequences, int64_t heads) {
  return padded.view({sequences, padded.size(0) / sequences, heads, padded.size(1) / heads}).transpose(1, 2);
}

// A prefix (N, G), the same for every sequence: (B, heads, N, head size), a view.
at::Tensor split_prefix(const at::Tensor& prefix_NG, int64_t sequences, int64_t heads) {
  const at::Tensor split = prefix_NG.view({prefix_NG.size(0), heads, prefix_NG.size(1) / heads}).transpose(0, 1);
  return split.unsqueeze(0).expand({sequences, -1, -1, -1});
}

// Keys or values, ready for as many heads as the queries have.
at::Tensor split_keys(const at::Tensor& packed_TG, const at::Tensor& prefix_NG, const PackedLayout& layout,
                      const AttentionShape& shape) {
  const int64_t heads = shape.key_value_heads == 0 ? shape.heads : shape.key_value_heads;
  at::Tensor split = split_heads(pad(packed_TG, layout), layout.sequences, heads);
  if (prefix_NG.defined()) {
    const at::Tensor prefix = split_prefix(prefix_NG.to(split.scalar_type()), layout.sequences, heads);
    split = at::cat({prefix, split}, 2);
  }
  return heads == shape.heads ? split : split.repeat_interleave(shape.heads / heads, 1);
}

// The inverse of split_heads; free for tensors that are laid out as their queries were.
at::Tensor join_heads(const at::Tensor& split) {
  return split.transpose(1, 2).reshape({split.size(0) * split.size(2), split.size(1) * split.size(3)});
}

// True where a key is a token's or a prefix's; undefined where all are.
at::Tensor key_mask(const PackedLayout& layout, const AttentionPrefix& prefix) {
  if (layout.equal_lengths || !prefix.keys_NG.defined()) return layout.is_token_B11S;
  return at::constant_pad_nd(layout.is_token_B11S, {prefix.keys_NG.size(0), 0}, true);
}

at::Tensor explicit_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                              const at::Tensor& mask, double dropout_probability, const DropoutSource& source) {
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  at::Tensor scores = at::matmul(query * scale, key.transpose(-2, -1));
  if (mask.defined()) scores = scores.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  return at::matmul(dropout(at::softmax(scores, -1), dropout_probability, source), value);
}

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const at::Tensor& mask,
                     double dropout_probability, const DropoutSource& source) {
  if (source && dropout_probability > 0) {
    return explicit_attention(query, key, value, mask, dropout_probability, source);
  }
  if (!mask.defined()) return at::scaled_dot_product_attention(query, key, value);
  return at::scaled_dot_product_attention(query, key, value, mask);
}

}  // namespace

at::Tensor packed_attention(const at::Tensor& query_TH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                            const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source,
                            const AttentionPrefix& prefix) {
  const at::Tensor query = split_heads(pad(query_TH, layout), layout.sequences, shape.heads);
  const at::Tensor key = split_keys(key_TG, prefix.keys_NG, layout, shape);
  const at::Tensor value = split_keys(value_TG, prefix.values_NG, layout, shape);
  const at::Tensor mask = key_mask(layout, prefix);
  return unpad(join_heads(attention(query, key, value, mask, shape.dropout, source)), layout);
}

at::Tensor first_token_attention(const at::Tensor& query_BH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                                 const PackedLayout& layout, const AttentionShape& shape, const DropoutSource& source,
                                 const AttentionPrefix& prefix) {
  const at::Tensor query = split_heads(query_BH, layout.sequences, shape.heads);
  const at::Tensor key = split_keys(key_TG, prefix.keys_NG, layout, shape);
  const at::Tensor value = split_keys(value_TG, prefix.values_NG, layout, shape);
  return join_heads(attention(query, key, value, key_mask(layout, prefix), shape.dropout, source));
}

at::Tensor packed_attention_reference(const at::Tensor& query_TH, const at::Tensor& key_TG, const at::Tensor& value_TG,
                                      const std::vector<int64_t>& offsets, const AttentionShape& shape,
                                      const AttentionPrefix& prefix) {
  const int64_t head_size = query_TH.size(1) / shape.heads;
  const int64_t group = shape.key_value_heads == 0 ? 1 : shape.heads / shape.key_value_heads;
  std::vector<at::Tensor> sequences;
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    std::vector<at::Tensor> heads;
    for (int64_t h = 0; h < shape.heads; ++h) {
      const auto rows_of = [&](const at::Tensor& rows, int64_t head) {
        return rows.narrow(1, head * head_size, head_size);
      };
      const auto tokens_of = [&](const at::Tensor& x, int64_t head) {
        return rows_of(x.narrow(0, offsets[b], offsets[b + 1] - offsets[b]), head);
      };
      at::Tensor key = tokens_of(key_TG, h / group), value = tokens_of(value_TG, h / group);
      if (prefix.keys_NG.defined()) {
        key = at::cat({rows_of(prefix.keys_NG, h / group), key}, 0);
        value = at::cat({rows_of(prefix.values_NG, h / group), value}, 0);
      }
      const at::Tensor scores = at::matmul(tokens_of(query_TH, h), key.t());
      heads.push_back(at::matmul(at::softmax(scores / std::sqrt(static_cast<double>(head_size)), -1), value));
    }
    sequences.push_back(at::cat(heads, 1));
  }
  return at::cat(sequences, 0);
}

}  // namespace engram::kernels

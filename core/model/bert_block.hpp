// One post-norm encoder block of the BERT family, on packed tokens.
//
// Shape letters: T tokens, B sequences, H hidden size.
#pragma once

#include <optional>
#include <string>

#include "kernels/packed_attention.hpp"
#include "kernels/packed_layout.hpp"
#include "model/bert_config.hpp"
#include "model/linear.hpp"

namespace engram::model {

class LayerNorm {
 public:
  LayerNorm() = default;
  LayerNorm(const std::string& name, double eps, const ParameterSource& parameters);
  at::Tensor forward(const at::Tensor& x, const PassState& pass) const;

 private:
  std::string name_;
  at::Tensor weight_;
  at::Tensor bias_;
  double eps_ = 0;
};

// What all blocks of a model share.
struct BlockSettings {
  int64_t heads = 1;
  double hidden_dropout = 0;
  double attention_dropout = 0;
  kernels::Activation activation = kernels::Activation::gelu;
};

class BertBlock {
 public:
  BertBlock(int64_t layer, const BertConfig& config, const ParameterSource& parameters);

  // (T, H) -> (T, H).
  at::Tensor forward(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout, const BlockSettings& settings,
                     const PassState& pass) const;
  // The same for the first token of each sequence only, (T, H) -> (B, H): all that a pooler reads of the last block.
  at::Tensor forward_first_tokens(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout,
                                  const BlockSettings& settings, const PassState& pass) const;

  // The projection of this name within the block ("attention.self.query"), or nullptr.
  Linear* find(const std::string& name);
  // One prefix at most, else InternalError.
  void attach_prefix(BoundPrefix prefix);
  void detach_all();

 private:
  struct Projected {
    at::Tensor query, key, value;
  };
  Projected project(const at::Tensor& queried, const at::Tensor& hidden_TH, const PassState& pass) const;
  kernels::AttentionPrefix attention_prefix(const PassState& pass) const;
  at::Tensor after_attention(const at::Tensor& attended, const at::Tensor& residual, const BlockSettings& settings,
                             const PassState& pass) const;

  Linear query_, key_, value_, attention_output_, intermediate_, output_;
  LayerNorm attention_norm_, output_norm_;
  std::optional<BoundPrefix> prefix_;
};

}  // namespace engram::model

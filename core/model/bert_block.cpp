#include "model/bert_block.hpp"

#include "base/errors.hpp"
#include "kernels/activation.hpp"

namespace engram::model {
LayerNorm::LayerNorm(const std::string& name, double eps, const ParameterSource& parameters)
    : name_(name), weight_(parameters(name + ".weight")), bias_(parameters(name + ".bias")), eps_(eps) {}

at::Tensor LayerNorm::forward(const at::Tensor& x, const PassState& pass) const {
  const at::Tensor y = at::layer_norm(x, weight_.sizes(), weight_, bias_, eps_);
  if (pass.on_record) {
    pass.on_record({.kind = Recorded::Kind::layer_norm, .name = name_, .input = x, .output = y, .eps = eps_});
  }
  return y;
}

BertBlock::BertBlock(int64_t layer, const BertConfig& config, const ParameterSource& parameters) {
  const std::string block = "encoder.layer." + std::to_string(layer) + ".";
  query_ = Linear(block + "attention.self.query", parameters);
  key_ = Linear(block + "attention.self.key", parameters);
  value_ = Linear(block + "attention.self.value", parameters);
  attention_output_ = Linear(block + "attention.output.dense", parameters);
  attention_norm_ = LayerNorm(block + "attention.output.LayerNorm", config.layer_norm_eps, parameters);
  intermediate_ = Linear(block + "intermediate.dense", parameters);
  output_ = Linear(block + "output.dense", parameters);
  output_norm_ = LayerNorm(block + "output.LayerNorm", config.layer_norm_eps, parameters);
}

at::Tensor BertBlock::forward(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout,
                              const BlockSettings& settings, const PassState& pass) const {
  const Projected made = project(hidden_TH, hidden_TH, pass);
  const at::Tensor attended = kernels::packed_attention(
      made.query, made.key, made.value, layout, {.heads = settings.heads, .dropout = settings.attention_dropout},
      pass.dropout, attention_prefix(pass));
  return after_attention(attended, hidden_TH, settings, pass);
}

at::Tensor BertBlock::forward_first_tokens(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout,
                                           const BlockSettings& settings, const PassState& pass) const {
  const at::Tensor first_BH = hidden_TH.index_select(0, layout.first_B);
  const Projected made = project(first_BH, hidden_TH, pass);
  const at::Tensor attended = kernels::first_token_attention(
      made.query, made.key, made.value, layout, {.heads = settings.heads, .dropout = settings.attention_dropout},
      pass.dropout, attention_prefix(pass));
  return after_attention(attended, first_BH, settings, pass);
}

// One after the other: adapters' dropout draws and records come in this order with every compiler.
BertBlock::Projected BertBlock::project(const at::Tensor& queried, const at::Tensor& hidden_TH,
                                        const PassState& pass) const {
  Projected made;
  made.query = query_.forward(queried, pass);
  made.key = key_.forward(hidden_TH, pass);
  made.value = value_.forward(hidden_TH, pass);
  return made;
}

at::Tensor BertBlock::after_attention(const at::Tensor& attended, const at::Tensor& residual,
                                      const BlockSettings& settings, const PassState& pass) const {
  const at::Tensor projected =
      kernels::dropout(attention_output_.forward(attended, pass), settings.hidden_dropout, pass.dropout);
  const at::Tensor hidden = attention_norm_.forward(at::add(projected, residual), pass);
  const at::Tensor widened = kernels::activate(intermediate_.forward(hidden, pass), settings.activation);
  const at::Tensor narrowed = kernels::dropout(output_.forward(widened, pass), settings.hidden_dropout, pass.dropout);
  return output_norm_.forward(at::add(narrowed, hidden), pass);
}

Linear* BertBlock::find(const std::string& name) {
  if (name == "attention.self.query") return &query_;
  if (name == "attention.self.key") return &key_;
  if (name == "attention.self.value") return &value_;
  if (name == "attention.output.dense") return &attention_output_;
  if (name == "intermediate.dense") return &intermediate_;
  if (name == "output.dense") return &output_;
  return nullptr;
}

void BertBlock::attach_prefix(BoundPrefix prefix) {
  if (prefix_) throw InternalError({.what = "an attention site got a second prefix", .allowed = "one"});
  prefix_ = std::move(prefix);
}

kernels::AttentionPrefix BertBlock::attention_prefix(const PassState& pass) const {
  if (!pass.adapters || !prefix_) return {};
  const sdk::KeysValues made = prefix_->source();
  const std::vector<int64_t> expected = {prefix_->tokens, key_.outputs()};
  for (const at::Tensor& tensor : {made.keys, made.values}) {
    if (tensor.defined() && tensor.sizes() == expected) continue;
    throw InternalError({.what = "a prefix's keys or values do not have the shape (" + std::to_string(prefix_->tokens) +
                                 ", " + std::to_string(key_.outputs()) + ")"});
  }
  return {.keys_NG = made.keys, .values_NG = made.values};
}

void BertBlock::detach_all() {
  prefix_.reset();
  for (Linear* linear : {&query_, &key_, &value_, &attention_output_, &intermediate_, &output_}) linear->detach_all();
}

}  // namespace engram::model

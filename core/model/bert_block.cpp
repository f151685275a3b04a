#include "model/bert_block.hpp"

#include "kernels/packed_attention.hpp"

namespace engram::model {
namespace {

Linear linear_of(const std::string& name, const ParameterSource& parameters) {
  return {parameters(name + ".weight"), parameters(name + ".bias")};
}

}  // namespace

LayerNorm::LayerNorm(const std::string& name, double eps, const ParameterSource& parameters)
    : weight_(parameters(name + ".weight")), bias_(parameters(name + ".bias")), eps_(eps) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, eps_);
}

BertBlock::BertBlock(int64_t layer, const BertConfig& config, const ParameterSource& parameters) {
  const std::string block = "encoder.layer." + std::to_string(layer) + ".";
  query_ = linear_of(block + "attention.self.query", parameters);
  key_ = linear_of(block + "attention.self.key", parameters);
  value_ = linear_of(block + "attention.self.value", parameters);
  attention_output_ = linear_of(block + "attention.output.dense", parameters);
  attention_norm_ = LayerNorm(block + "attention.output.LayerNorm", config.layer_norm_eps, parameters);
  intermediate_ = linear_of(block + "intermediate.dense", parameters);
  output_ = linear_of(block + "output.dense", parameters);
  output_norm_ = LayerNorm(block + "output.LayerNorm", config.layer_norm_eps, parameters);
}

at::Tensor BertBlock::forward(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout,
                              const BlockSettings& settings, const PassState& pass) const {
  const at::Tensor attended = kernels::packed_attention(
      query_.forward(hidden_TH, pass), key_.forward(hidden_TH, pass), value_.forward(hidden_TH, pass), layout,
      {.heads = settings.heads, .dropout = settings.attention_dropout}, pass.dropout);
  return after_attention(attended, hidden_TH, settings, pass);
}

at::Tensor BertBlock::forward_first_tokens(const at::Tensor& hidden_TH, const kernels::PackedLayout& layout,
                                           const BlockSettings& settings, const PassState& pass) const {
  const at::Tensor first_BH = hidden_TH.index_select(0, layout.first_B);
  const at::Tensor attended = kernels::first_token_attention(
      query_.forward(first_BH, pass), key_.forward(hidden_TH, pass), value_.forward(hidden_TH, pass), layout,
      {.heads = settings.heads, .dropout = settings.attention_dropout}, pass.dropout);
  return after_attention(attended, first_BH, settings, pass);
}

at::Tensor BertBlock::after_attention(const at::Tensor& attended, const at::Tensor& residual,
                                      const BlockSettings& settings, const PassState& pass) const {
  const at::Tensor projected =
      kernels::dropout(attention_output_.forward(attended, pass), settings.hidden_dropout, pass.dropout);
  const at::Tensor hidden = attention_norm_.forward(at::add(projected, residual));
  const at::Tensor widened = kernels::activate(intermediate_.forward(hidden, pass), settings.activation);
  const at::Tensor narrowed = kernels::dropout(output_.forward(widened, pass), settings.hidden_dropout, pass.dropout);
  return output_norm_.forward(at::add(narrowed, hidden));
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

void BertBlock::detach_all() {
  for (Linear* linear : {&query_, &key_, &value_, &attention_output_, &intermediate_, &output_}) linear->detach_all();
}

}  // namespace engram::model

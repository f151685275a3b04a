#include "model/linear.hpp"

namespace engram::model {
namespace {

at::Tensor with_low_rank(const BoundLowRank& adapter, const at::Tensor& x, const at::Tensor& y, const PassState& pass) {
  const at::Tensor reduced = at::linear(kernels::dropout(x, adapter.dropout, pass.dropout), adapter.a);
  return at::add(y, at::linear(reduced, adapter.b), adapter.scale);
}

at::Tensor with_custom(const BoundCustom& adapter, const at::Tensor& x, const at::Tensor& y, const at::Tensor& base,
                       const at::Tensor& weight, const at::Tensor& bias, const PassState& pass) {
  const sdk::AdapterPass view{
      .weight = weight,
      .tensor = adapter.tensor,
      .dropout = [&pass](const at::Tensor& input,
                         double probability) { return kernels::dropout(input, probability, pass.dropout); },
      .bias = bias};
  return at::add(y, adapter.adapter.delta(view, x, base));
}

}  // namespace

at::Tensor Linear::forward(const at::Tensor& x, const PassState& pass) const {
  const at::Tensor base = at::linear(x, weight_, bias_);
  const at::Tensor y = pass.adapters ? with_adapters(x, base, pass) : base;
  if (pass.on_record) pass.on_record({.kind = Recorded::Kind::linear, .name = name_, .input = x, .output = y});
  return y;
}

at::Tensor Linear::with_adapters(const at::Tensor& x, const at::Tensor& base, const PassState& pass) const {
  at::Tensor y = base;
  for (const BoundAdapter& adapter : adapters_) {
    if (const auto* low_rank = std::get_if<BoundLowRank>(&adapter)) {
      y = with_low_rank(*low_rank, x, y, pass);
    } else {
      y = with_custom(std::get<BoundCustom>(adapter), x, y, base, weight_, bias_, pass);
    }
  }
  return y;
}

at::Tensor merged_delta(const BoundAdapter& adapter, const at::Tensor& weight) {
  if (const auto* low_rank = std::get_if<BoundLowRank>(&adapter)) {
    return at::matmul(low_rank->b, low_rank->a).mul(low_rank->scale);
  }
  const auto& custom = std::get<BoundCustom>(adapter);
  const auto no_dropout = [](const at::Tensor& x, double) { return x; };
  return custom.adapter.merged_delta({.weight = weight, .tensor = custom.tensor, .dropout = no_dropout});
}

}  // namespace engram::model

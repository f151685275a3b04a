#include <engram/sdk/dora.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>

#include <utility>

namespace engram::sdk {
namespace {

// W + scale * B A, (out, in).
at::Tensor direction(const at::Tensor& weight, const at::Tensor& a, const at::Tensor& b, double scale) {
  return at::add(weight, at::matmul(b, a), scale);
}

// What DoRA adds to base_out. A and B are detached rather than the norm computed without gradients: autocast would keep
// their half-precision copies, made without gradients, for the branch.
at::Tensor added(const AdapterPass& pass, const LowRank& low_rank, const at::Tensor& magnitude, const at::Tensor& x,
                 const at::Tensor& base_out) {
  const at::Tensor a = pass.tensor(low_rank.a), b = pass.tensor(low_rank.b);
  const at::Tensor norm = row_lengths(direction(pass.weight.detach(), a.detach(), b.detach(), low_rank.scale));
  const at::Tensor scales = magnitude / norm;
  const at::Tensor dropped = pass.dropout(x, low_rank.dropout);
  at::Tensor plain = base_out;
  if (!dropped.is_same(x)) {
    plain = at::linear(dropped, pass.weight);
  } else if (pass.bias.defined()) {
    plain = base_out - pass.bias;
  }
  const at::Tensor branch = at::linear(at::linear(dropped, a), b);
  return (scales - 1) * plain + scales * branch * low_rank.scale;
}

}  // namespace

at::Tensor row_lengths(const at::Tensor& matrix) { return at::linalg_vector_norm(matrix, 2, {1}); }

Custom dora(LowRank low_rank, std::string magnitude) {
  Custom custom;
  custom.delta = [low_rank, magnitude](const AdapterPass& pass, const at::Tensor& x, const at::Tensor& base_out) {
    return added(pass, low_rank, pass.tensor(magnitude), x, base_out);
  };
  // Here the norm has its gradient: weights are small beside activations, so nothing is gained by leaving it out.
  custom.merged_delta = [low_rank, magnitude](const AdapterPass& pass) {
    const at::Tensor whole = direction(pass.weight, pass.tensor(low_rank.a), pass.tensor(low_rank.b), low_rank.scale);
    return (pass.tensor(magnitude) / row_lengths(whole)).unsqueeze(1) * whole - pass.weight;
  };
  custom.peft_kind = "dora";
  custom.low_rank = std::move(low_rank);
  custom.magnitude = std::move(magnitude);
  return custom;
}

}  // namespace engram::sdk

#include "train/label_scores.hpp"

#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"

namespace engram::train {
namespace {

at::Tensor score_of(const at::Tensor& p_BC, const at::Tensor& labels_B) {
  return (at::one_hot(labels_B, p_BC.size(1)) - p_BC).to(at::kFloat);
}

at::Tensor sampled(const at::Tensor& p_BC, const at::Tensor& uniform_B) {
  const at::Tensor passed_BC = p_BC.cumsum(1) <= uniform_B.unsqueeze(1);
  return passed_BC.sum(1).clamp_max(p_BC.size(1) - 1);
}

// s_k for every k: each class's probability and those after it. Summed from the end, so that what is left after a
// nearly certain class keeps its digits.
at::Tensor tail_sums(const at::Tensor& p_BC) { return p_BC.flip(1).cumsum(1).flip(1); }

std::vector<at::Tensor> cholesky_columns(const at::Tensor& p_BC) {
  const int64_t classes = p_BC.size(1);
  const at::Tensor s_BC = tail_sums(p_BC);
  std::vector<at::Tensor> columns;
  for (int64_t k = 0; k + 1 < classes; ++k) {
    const at::Tensor p_B = p_BC.select(1, k), s_B = s_BC.select(1, k), q_B = s_BC.select(1, k + 1);
    // Where nothing is left after class k (fp64 has underflown), its column is zero.
    const at::Tensor is_left_B = q_B > 0;
    at::Tensor column_BC = at::zeros_like(p_BC);
    column_BC.select(1, k).copy_(at::where(is_left_B, at::sqrt(p_B * q_B / s_B), 0.0));
    const at::Tensor below_B = at::where(is_left_B, at::sqrt(p_B / s_B) / at::sqrt(q_B), 0.0);
    column_BC.narrow(1, k + 1, classes - k - 1).copy_(-p_BC.narrow(1, k + 1, classes - k - 1) * below_B.unsqueeze(1));
    columns.push_back(column_BC.to(at::kFloat));
  }
  return columns;
}

}  // namespace

std::vector<at::Tensor> label_scores(const at::Tensor& logits_BC, sdk::LabelMode labels, const at::Tensor& labels_B,
                                     const at::Tensor& uniform_B) {
  const at::NoGradGuard no_grad;
  const at::Tensor p_BC = at::softmax(logits_BC.to(at::kDouble), 1);
  switch (labels) {
    case sdk::LabelMode::exact: return cholesky_columns(p_BC);
    case sdk::LabelMode::sampled: return {score_of(p_BC, sampled(p_BC, uniform_B))};
    case sdk::LabelMode::given: return {score_of(p_BC, labels_B)};
    case sdk::LabelMode::predicted: return {score_of(p_BC, p_BC.argmax(1))};
    case sdk::LabelMode::automatic: break;
  }
  throw InternalError({.what = "a pass with squared gradients reached the model without a kind of labels"});
}

}  // namespace engram::train

// Gradients of log-probabilities by logits: what a pass over squared gradients sends backwards.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engram/sdk/claims.hpp"

namespace engram::train {

// One tensor (B, C) for each backward pass of a batch, from its logits (B, C), fp32.
//
// given, predicted, sampled: one, with rows e_y - p. `labels_B` are the data's; `uniform_B` (fp64, in [0, 1)) picks the
// sampled class: the first whose cumulated probability exceeds it.
// exact: the C - 1 columns of the lower Cholesky factor of diag(p) - p p^T, the covariance of e_y - p under y ~ p, so
// that the squares of any linear map of them add up to its expected square. In fp64 inside: with s_k = sum_{j>=k} p_j
// and q_k = s_k - p_k, L_kk = sqrt(p_k q_k / s_k) and L_jk = -p_j sqrt(p_k / (q_k s_k)) for j > k.
std::vector<at::Tensor> label_scores(const at::Tensor& logits_BC, sdk::LabelMode labels, const at::Tensor& labels_B,
                                     const at::Tensor& uniform_B);

}  // namespace engram::train

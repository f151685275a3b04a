// Quadratic pulls added to the gradients of one optimizer step, analytically.
//
// For a weight W with adapters, w = W + the sum of their merged deltas, and G = weight * importance * (w - anchor) is
// the gradient by w, in fp32, dropout ignored. It reaches
//   W itself              dW += G                            where W trains in this step
//   LowRank s B A         dB += s G A^T,  dA += s B^T G      (EWC-LoRA, arXiv 2602.17559)
//   Custom                one vector-Jacobian product of its merged delta with G
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "strategy/bound.hpp"

namespace engram::train {

// A strategy's numbers as a schedule scales them, "ewc.lambda" -> 2; what is absent is 1.
using Factors = std::map<std::string, double>;
double factor_of(const Factors& factors, const std::string& name);

// Adds every penalty's gradient to .grad() of the tensors that train in this step, which are those that require grad; a
// tensor without a gradient gets one. What neither trains nor carries an adapter that does contributes nothing. A
// weight times factor of 0 skips the penalty. Returns each penalty's value before the update, weight and factor
// included, as a scalar (fp32) on `device`.
std::map<std::string, at::Tensor> add_penalties(const std::vector<strategy::BoundPenalty>& penalties,
                                                const Factors& factors, at::Device device);

}  // namespace engram::train

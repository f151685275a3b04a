// DoRA as a Custom adapter. Liu et al. 2024, arXiv 2402.09353; computed as PEFT computes it.
//
// It stands here so that a strategy that trains such an adapter and the host that reads one from a file share it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include <engram/sdk/claims.hpp>
#include <engram/sdk/export.hpp>

namespace engram::sdk {

// y = b + g (x W^T + scale * x A^T B^T) with g = magnitude / norm, one number per output, and norm the length of each
// row of W + scale * B A. In training, dropout applies to every x but the norm's gradient is left out, as the paper
// advises. `low_rank` names A, B and the branch's scale and dropout, `magnitude` the tensor (out).
ENGRAM_SDK_EXPORT Custom dora(LowRank low_rank, std::string magnitude);

// The length of each row of a matrix (out, in): the magnitudes with which DoRA changes nothing while B is zero.
ENGRAM_SDK_EXPORT at::Tensor row_lengths(const at::Tensor& matrix);

}  // namespace engram::sdk

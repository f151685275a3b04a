// The mathematics of gradient projection memory: no engram in it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gpm {

// The leading eigenvectors of a second moment X^T X (in, in), as columns (in, k): the fewest that hold the share
// `energy` of its trace, and at most `most`. They are the leading right singular vectors of X (tokens, in).
at::Tensor leading_directions(const at::Tensor& second_moment, double energy, int64_t most);

// Removes from a weight's gradient (out, in), in place, its part along the columns of `basis` (in, k), which are
// orthonormal or zero: G -= (G M) M^T.
void remove_along(at::Tensor gradient, const at::Tensor& basis);

}  // namespace gpm

#include "projection.hpp"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>

#include <algorithm>

namespace gpm {

at::Tensor leading_directions(const at::Tensor& second_moment, double energy, int64_t most) {
  // Ascending eigenvalues; rounding leaves tiny negative ones.
  const auto [values, vectors] = at::linalg_eigh(second_moment.to(at::kDouble));
  const at::Tensor shares = values.flip(0).clamp_min(0).cumsum(0).div(values.clamp_min(0).sum());
  const int64_t needed = shares.lt(energy).sum().item<int64_t>() + 1;
  const int64_t count = std::min({needed, most, second_moment.size(0)});
  return vectors.flip(1).slice(1, 0, count).to(at::kFloat);
}

void remove_along(at::Tensor gradient, const at::Tensor& basis) {
  gradient.sub_(at::matmul(at::matmul(gradient, basis), basis.t()));
}

}  // namespace gpm

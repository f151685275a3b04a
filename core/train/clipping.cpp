#include "train/clipping.hpp"

namespace engram::train {

at::Tensor clip_gradients(const std::vector<at::Tensor>& gradients, double limit) {
  const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  if (limit > 0) {
    const at::Tensor factor = at::clamp_max(limit / (norm + 1e-6), 1.0);
    at::_foreach_mul_(gradients, factor);
  }
  return norm;
}

}  // namespace engram::train

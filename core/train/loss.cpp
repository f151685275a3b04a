#include "train/loss.hpp"

namespace engram::train {

at::Tensor cross_entropy_sum(const at::Tensor& logits_BC, const at::Tensor& labels_B) {
  return at::cross_entropy_loss(logits_BC.to(at::kFloat), labels_B, {}, at::Reduction::Sum);
}

}  // namespace engram::train

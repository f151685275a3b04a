#include "kernels/sums_of_squares.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace engram::kernels {
namespace {

constexpr int64_t kBlock = 1 << 10;  // elements of the total that stay in the first-level cache

void add_squares(float* __restrict total, const float* __restrict values, int64_t count) {
  constexpr int64_t kLanes = 16;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) total[i + lane] += values[i + lane] * values[i + lane];
  }
  for (; i < count; ++i) total[i] += values[i] * values[i];
}

}  // namespace

void add_sum_of_squares(const at::Tensor& total, const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  if (!total.is_cpu() || !total.is_contiguous() || !values.is_contiguous()) {
    total.add_(values.square_().sum(0));
    return;
  }
  const int64_t rows = values.size(0), width = total.numel();
  float* sums = total.mutable_data_ptr<float>();
  const float* terms = values.const_data_ptr<float>();
  at::parallel_for(0, (width + kBlock - 1) / kBlock, 4, [&](int64_t first, int64_t last) {
    for (int64_t begin = first * kBlock; begin < std::min(last * kBlock, width); begin += kBlock) {
      const int64_t count = std::min(kBlock, width - begin);
      for (int64_t row = 0; row < rows; ++row) add_squares(sums + begin, terms + row * width + begin, count);
    }
  });
}

}  // namespace engram::kernels

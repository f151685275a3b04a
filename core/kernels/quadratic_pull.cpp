#include "kernels/quadratic_pull.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <array>

namespace engram::kernels {
namespace {

constexpr int64_t kBlock = 1 << 14;  // elements; four arrays of them fit a second-level cache
constexpr int64_t kLanes = 16;       // independent sums, so that the compiler may keep them in vectors

struct Arrays {
  float* gradient;
  const float* weight;
  const float* anchor;
  const float* importance;  // nullptr: 1
};

template <bool kWeighted>
float pull_element(const Arrays& arrays, int64_t i, float strength) {
  const float distance = arrays.weight[i] - arrays.anchor[i];
  const float force = kWeighted ? arrays.importance[i] * distance : distance;
  arrays.gradient[i] += strength * force;
  return force * distance;
}

template <bool kWeighted>
double pull_block(const Arrays& arrays, int64_t begin, int64_t end, float strength) {
  float* __restrict gradient = arrays.gradient;
  const float* __restrict weight = arrays.weight;
  const float* __restrict anchor = arrays.anchor;
  const float* __restrict importance = arrays.importance;
  std::array<float, kLanes> sums{};
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float distance = weight[i + lane] - anchor[i + lane];
      const float force = kWeighted ? importance[i + lane] * distance : distance;
      gradient[i + lane] += strength * force;
      sums[static_cast<size_t>(lane)] += force * distance;
    }
  }
  double total = 0;
  for (const float sum : sums) total += sum;
  for (; i < end; ++i) total += pull_element<kWeighted>(arrays, i, strength);
  return total;
}

template <bool kWeighted>
double pull(const Arrays& arrays, int64_t count, float strength) {
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(blocks));
  at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * kBlock;
      sums[static_cast<size_t>(block)] =
          pull_block<kWeighted>(arrays, begin, std::min(begin + kBlock, count), strength);
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

bool fits(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

}  // namespace

at::Tensor quadratic_pull_reference(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& anchor,
                                    const at::Tensor& importance, double strength) {
  const at::NoGradGuard no_grad;
  const at::Tensor distance = weight - anchor;
  const at::Tensor force = importance.defined() ? importance * distance : distance;
  gradient.add_(force, strength);
  return (force * distance).sum();
}

at::Tensor quadratic_pull(const at::Tensor& gradient, const at::Tensor& weight, const at::Tensor& anchor,
                          const at::Tensor& importance, double strength) {
  const bool is_fused = fits(gradient) && fits(weight) && fits(anchor) && (!importance.defined() || fits(importance));
  if (!is_fused) return quadratic_pull_reference(gradient, weight, anchor, importance, strength);
  const at::NoGradGuard no_grad;
  const Arrays arrays{.gradient = gradient.mutable_data_ptr<float>(),
                      .weight = weight.const_data_ptr<float>(),
                      .anchor = anchor.const_data_ptr<float>(),
                      .importance = importance.defined() ? importance.const_data_ptr<float>() : nullptr};
  const auto factor = static_cast<float>(strength);
  const double sum = importance.defined() ? pull<true>(arrays, gradient.numel(), factor)
                                          : pull<false>(arrays, gradient.numel(), factor);
  return at::full({}, sum, gradient.options());
}

}  // namespace engram::kernels

#include <engram/sdk/generator.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <utility>

#include <engram/sdk/error.hpp>

namespace engram::sdk {
namespace {

// fp32 on the CPU whatever the target is: other devices and types draw other numbers from the same seed.
template <class Draw>
void fill(const at::Tensor& tensor, Draw draw) {
  const at::NoGradGuard no_grad;
  at::Tensor values = at::empty(tensor.sizes(), at::TensorOptions().dtype(at::kFloat));
  draw(values);
  tensor.copy_(values);
}

}  // namespace

void fill_uniform(const at::Tensor& tensor, double low, double high, at::Generator generator) {
  fill(tensor, [&](at::Tensor& values) { values.uniform_(low, high, std::move(generator)); });
}

void fill_normal(const at::Tensor& tensor, double mean, double deviation, at::Generator generator) {
  fill(tensor, [&](at::Tensor& values) { values.normal_(mean, deviation, std::move(generator)); });
}

void fill_kaiming_uniform(const at::Tensor& matrix, double slope, at::Generator generator) {
  if (matrix.dim() != 2) throw Error("fill_kaiming_uniform needs a matrix (out, in)");
  const double bound = std::sqrt(6.0 / ((1.0 + slope * slope) * static_cast<double>(matrix.size(1))));
  fill_uniform(matrix, -bound, bound, std::move(generator));
}

}  // namespace engram::sdk

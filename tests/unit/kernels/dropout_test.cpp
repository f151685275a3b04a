#include "kernels/dropout.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include "support/catch.hpp"

namespace engram::kernels {
namespace {

at::Generator generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

}  // namespace

TEST_CASE("dropout zeroes its share and scales the rest") {
  const at::Tensor x = at::full({100, 1000}, 2.0);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const at::Tensor y = dropout(x.to(type), 0.1, generator(1)).to(at::kFloat);
    const at::Tensor kept = y.masked_select(y != 0);
    // 100,000 draws: a standard deviation of 0.001, four of them.
    CHECK(kept.numel() / 1e5 == Approx(0.9).margin(0.004));
    // bf16 keeps 8 bits: 2 / 0.9 within 1/256.
    CHECK((kept - 2.0 / 0.9).abs().max().item<double>() < (type == at::kFloat ? 1e-6 : 2.3 / 256));
  }
}

TEST_CASE("dropout is the identity without a source and at probability 0, and then draws nothing") {
  const at::Tensor x = at::ones({4});
  CHECK(dropout(x, 0.5, {}).is_same(x));
  const at::Generator source = generator(3);
  const at::Tensor before = source.get_state();
  CHECK(dropout(x, 0, source).is_same(x));
  CHECK(at::equal(source.get_state(), before));
}

TEST_CASE("the gradient passes where the value passed, with the same factor") {
  at::Tensor x = at::ones({1000}).requires_grad_(true);
  const at::Tensor y = dropout(x, 0.3, generator(5));
  y.sum().backward();
  CHECK(at::equal(x.grad(), y.detach()));
}

}  // namespace engram::kernels

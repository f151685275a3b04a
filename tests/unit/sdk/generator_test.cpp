#include <ATen/CPUGeneratorImpl.h>

#include <engram/sdk.hpp>

#include <cmath>

#include "support/catch.hpp"

using namespace engram;

namespace {

at::Generator seeded(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

}  // namespace

TEST_CASE("Kaiming uniform with slope sqrt(5) stays within 1 / sqrt(in) and has that distribution's variance") {
  const at::Tensor a = at::zeros({64, 400});
  sdk::fill_kaiming_uniform(a, std::sqrt(5.0), seeded(7));
  const double bound = 1.0 / std::sqrt(400.0);
  REQUIRE(a.abs().max().item<double>() <= bound);
  REQUIRE(a.abs().max().item<double>() > 0.99 * bound);
  // 25,600 draws: the mean's standard error is bound / sqrt(3 n) = 1.8e-4, the variance's relative one 0.56 %.
  REQUIRE(std::fabs(a.mean().item<double>()) < 5 * 1.8e-4);
  REQUIRE(a.var().item<double>() == Approx(bound * bound / 3).epsilon(0.03));
}

TEST_CASE("fills repeat under the same seed and differ under another") {
  const at::Tensor first = at::zeros({32}), again = at::zeros({32}), other = at::zeros({32});
  sdk::fill_normal(first, 0, 1, seeded(1));
  sdk::fill_normal(again, 0, 1, seeded(1));
  sdk::fill_normal(other, 0, 1, seeded(2));
  REQUIRE(at::equal(first, again));
  REQUIRE_FALSE(at::equal(first, other));
}

TEST_CASE("a fill of a tensor that requires a gradient records none") {
  at::Tensor leaf = at::zeros({4, 4}).requires_grad_();
  sdk::fill_uniform(leaf, 1, 2, seeded(1));
  REQUIRE(leaf.is_leaf());
  REQUIRE(leaf.min().item<double>() >= 1);
}

TEST_CASE("Kaiming needs a matrix") {
  REQUIRE_THROWS_WITH(sdk::fill_kaiming_uniform(at::zeros({4}), 0, seeded(1)),
                      "fill_kaiming_uniform needs a matrix (out, in)");
}

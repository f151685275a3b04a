// The fused pull against autograd and against the plain operators.
#include "kernels/quadratic_pull.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include "kernels/sums_of_squares.hpp"
#include "support/catch.hpp"

namespace engram::kernels {
namespace {

constexpr double kTolerance = 1e-6;

struct Case {
  explicit Case(at::IntArrayRef shape) {
    at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(3);
    gradient = at::randn(shape, draw);
    weight = at::randn(shape, draw);
    anchor = at::randn(shape, draw);
    importance = at::rand(shape, draw);
  }
  at::Tensor gradient, weight, anchor, importance;
};

double relative_error(const at::Tensor& ours, const at::Tensor& theirs) {
  return ((ours - theirs).norm() / theirs.norm()).item<double>();
}

}  // namespace

TEST_CASE("the pull's gradient and value are those of autograd, with and without an importance") {
  // Fewer elements than a vector, a remainder, and several blocks with a remainder.
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{3}, {7, 5}, {321, 257}}) {
    for (const bool is_weighted : {false, true}) {
      const Case given(shape);
      const at::Tensor importance = is_weighted ? given.importance : at::Tensor();
      const at::Tensor leaf = given.weight.clone().requires_grad_(true);
      const at::Tensor squares = (leaf - given.anchor).square();
      const at::Tensor sum = (is_weighted ? squares * importance : squares).sum();
      (sum * (0.7 / 2)).backward();

      const at::Tensor gradient = given.gradient.clone();
      const at::Tensor value = quadratic_pull(gradient, given.weight, given.anchor, importance, 0.7);
      CHECK(relative_error(gradient, given.gradient + leaf.grad()) < kTolerance);
      CHECK(relative_error(value, sum) < kTolerance);

      const at::Tensor plain = given.gradient.clone();
      const at::Tensor plain_value = quadratic_pull_reference(plain, given.weight, given.anchor, importance, 0.7);
      CHECK(relative_error(plain, gradient) < kTolerance);
      CHECK(relative_error(plain_value, value) < kTolerance);
    }
  }
}

TEST_CASE("at the anchor the pull is nothing, bit for bit") {
  const Case given({41, 29});
  const at::Tensor gradient = given.gradient.clone();
  CHECK(quadratic_pull(gradient, given.weight, given.weight.clone(), given.importance, 3.0).item<double>() == 0);
  CHECK(at::equal(gradient, given.gradient));
}

TEST_CASE("the pull gives the same bits with one thread and with two") {
  const int before = at::get_num_threads();
  std::vector<at::Tensor> gradients, values;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const Case given({321, 257});
    values.push_back(quadratic_pull(given.gradient, given.weight, given.anchor, given.importance, 0.7));
    gradients.push_back(given.gradient);
  }
  at::set_num_threads(before);
  CHECK(at::equal(gradients[0], gradients[1]));
  CHECK(at::equal(values[0], values[1]));
}

TEST_CASE("a gradient that is not contiguous is pulled just the same") {
  const Case given({40, 30});
  const at::Tensor strided = given.gradient.t().contiguous().t();
  const at::Tensor gradient = given.gradient.clone();
  quadratic_pull(strided, given.weight, given.anchor, given.importance, 0.7);
  quadratic_pull(gradient, given.weight, given.anchor, given.importance, 0.7);
  CHECK(relative_error(strided, gradient) < kTolerance);
}

TEST_CASE("squares are summed over the first axis onto what is there") {
  for (const int64_t width : {5, 16, 5000}) {
    at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(4);
    const at::Tensor values = at::randn({6, width}, draw);
    const at::Tensor total = at::rand({width}, draw);
    const at::Tensor expected = total + values.square().sum(0);
    add_sum_of_squares(total, values.clone());
    CHECK(relative_error(total, expected) < kTolerance);
    const at::Tensor strided_total = at::zeros({width});
    add_sum_of_squares(strided_total, values.t().contiguous().t().clone(at::MemoryFormat::Preserve));
    CHECK(relative_error(strided_total, values.square().sum(0)) < kTolerance);
  }
}

}  // namespace engram::kernels

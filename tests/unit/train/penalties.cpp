// Penalties against autograd: plain weights, weights under adapters, both kinds of adapter at once.
#include "train/penalties.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

constexpr double kTolerance = 1e-6;
constexpr double kLambda = 3.5;
constexpr double kScale = 0.75;  // of the low-rank adapter

// A projection (6, 5) with a low-rank adapter and one that scales rows, each of which a test may leave out or freeze.
struct Projection {
  explicit Projection(at::Device device) {
    at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(8);
    const auto random = [&](at::IntArrayRef shape) { return at::randn(shape, draw).to(device); };
    weight = random({6, 5});
    anchor = random({6, 5});
    importance = at::rand({6, 5}, draw).to(device);
    a = random({2, 5});
    b = random({6, 2});
    s = random({6});
  }
  at::Tensor merged() const {
    at::Tensor merged = weight;
    if (low_rank) merged = merged + kScale * at::matmul(b, a);
    if (custom) merged = merged + weight * s.unsqueeze(1);
    return merged;
  }
  strategy::BoundWatched watched() const {
    strategy::BoundWatched watched{.parameter = "w", .weight = weight, .importance = importance, .anchor = anchor};
    if (low_rank) watched.adapters.push_back(model::BoundLowRank{.a = a, .b = b, .scale = kScale, .dropout = 0.5});
    if (custom) watched.adapters.push_back(bound_custom());
    return watched;
  }
  model::BoundCustom bound_custom() const {
    sdk::Custom scaler;
    scaler.merged_delta = [](const sdk::AdapterPass& pass) { return pass.weight * pass.tensor("s").unsqueeze(1); };
    return {.adapter = scaler, .tensor = [s = s](const std::string&) { return s; }};
  }
  std::vector<at::Tensor> tensors() const { return {weight, a, b, s}; }

  at::Tensor weight, anchor, importance, a, b, s;
  bool low_rank = false, custom = false;
};

std::vector<strategy::BoundPenalty> penalties(const Projection& projection, double weight = kLambda) {
  return {{.name = "ewc.pull", .schedulable = "ewc.lambda", .weight = weight, .watched = {projection.watched()}}};
}

at::Tensor by_autograd(const Projection& projection) {
  const at::Tensor squares = (projection.merged() - projection.anchor).square();
  return kLambda / 2 * (projection.importance.defined() ? projection.importance * squares : squares).sum();
}

std::vector<at::Tensor> take_gradients(const Projection& projection) {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& tensor : projection.tensors()) {
    gradients.push_back(tensor.grad());
    tensor.mutable_grad() = at::Tensor();
  }
  return gradients;
}

// Gradients and value of add_penalties equal autograd's, on top of `data` as gradients that are there already.
void check_against_autograd(const Projection& projection, double data) {
  const auto seed_gradients = [&] {
    if (data == 0) return;
    for (const at::Tensor& tensor : projection.tensors()) {
      if (tensor.requires_grad()) tensor.mutable_grad() = at::full_like(tensor, data);
    }
  };
  seed_gradients();
  const at::Tensor expected_value = by_autograd(projection);
  expected_value.backward();
  const std::vector<at::Tensor> expected = take_gradients(projection);
  seed_gradients();
  const at::Tensor value = train::add_penalties(penalties(projection), {}, projection.weight.device()).at("ewc.pull");
  const std::vector<at::Tensor> ours = take_gradients(projection);
  CHECK(value.item<double>() == Approx(expected_value.item<double>()).epsilon(kTolerance));
  for (size_t i = 0; i < ours.size(); ++i) {
    INFO("tensor " << i);
    REQUIRE(ours[i].defined() == expected[i].defined());
    if (!ours[i].defined()) continue;
    CHECK(((ours[i] - expected[i]).norm() / expected[i].norm()).item<double>() < kTolerance);
  }
}

void train_only(const Projection& projection, bool weight, bool adapters) {
  projection.weight.set_requires_grad(weight);
  for (const at::Tensor& tensor : {projection.a, projection.b, projection.s}) tensor.set_requires_grad(adapters);
}

}  // namespace

TEST_CASE("a penalty's gradient is autograd's: plain weights, LowRank, Custom, and all at once") {
  for (const at::Device device : devices()) {
    for (const bool low_rank : {false, true}) {
      for (const bool custom : {false, true}) {
        for (const bool weight_trains : {false, true}) {
          if (!weight_trains && !low_rank && !custom) continue;
          for (const double data : {0.0, 0.3}) {
            Projection projection(device);
            projection.low_rank = low_rank;
            projection.custom = custom;
            train_only(projection, weight_trains, true);
            INFO("low rank " << low_rank << ", custom " << custom << ", weight trains " << weight_trains);
            check_against_autograd(projection, data);
          }
        }
      }
    }
  }
}

TEST_CASE("without an importance the pull is towards the anchor alike in every direction") {
  for (const bool low_rank : {false, true}) {
    Projection projection(at::kCPU);
    projection.importance = at::Tensor();
    projection.low_rank = low_rank;
    train_only(projection, true, true);
    check_against_autograd(projection, 0.3);
  }
}

TEST_CASE("only half of an adapter that trains is pulled") {
  Projection projection(at::kCPU);
  projection.low_rank = true;
  train_only(projection, false, false);
  projection.b.set_requires_grad(true);
  check_against_autograd(projection, 0);
  CHECK_FALSE(projection.a.grad().defined());
}

TEST_CASE("a weight that trains under adapters that rest is pulled as the weight with them added") {
  Projection projection(at::kCPU);
  projection.low_rank = projection.custom = true;
  train_only(projection, true, false);
  check_against_autograd(projection, 0.3);
}

TEST_CASE("what is frozen contributes nothing: no gradient, no value, no changed bit") {
  for (const bool adapted : {false, true}) {
    Projection projection(at::kCPU);
    projection.low_rank = projection.custom = adapted;
    train_only(projection, false, false);
    std::vector<at::Tensor> before;
    for (const at::Tensor& tensor : projection.tensors()) before.push_back(tensor.clone());
    CHECK(train::add_penalties(penalties(projection), {}, at::kCPU).at("ewc.pull").item<double>() == 0);
    for (size_t i = 0; i < before.size(); ++i) {
      CHECK(at::equal(projection.tensors()[i], before[i]));
      CHECK_FALSE(projection.tensors()[i].grad().defined());
    }
  }
}

TEST_CASE("the penalty of a weight with adapters is the penalty of the merged weight") {
  for (const at::Device device : devices()) {
    Projection adapted(device);
    adapted.low_rank = adapted.custom = true;
    train_only(adapted, false, true);
    Projection merged(device);
    merged.weight = adapted.merged().detach().clone();
    train_only(merged, true, false);
    const auto value = [&](const Projection& projection) {
      return train::add_penalties(penalties(projection), {}, device).at("ewc.pull").item<double>();
    };
    CHECK(value(adapted) == Approx(value(merged)).epsilon(kTolerance));
  }
}

TEST_CASE("at the anchor a penalty and its gradient are zero") {
  for (const bool adapted : {false, true}) {
    Projection projection(at::kCPU);
    projection.low_rank = adapted;
    projection.b.zero_();  // as an adapter starts
    projection.anchor = projection.weight.clone();
    train_only(projection, true, true);
    CHECK(train::add_penalties(penalties(projection), {}, at::kCPU).at("ewc.pull").item<double>() == 0);
    for (const at::Tensor& gradient : take_gradients(projection)) {
      if (gradient.defined()) CHECK(gradient.abs().max().item<double>() == 0);
    }
  }
}

TEST_CASE("a schedule's factor scales a penalty, and a weight or factor of zero skips it") {
  Projection projection(at::kCPU);
  train_only(projection, true, false);
  const auto pull = [&](double weight, const train::Factors& factors) {
    const double value =
        train::add_penalties(penalties(projection, weight), factors, at::kCPU).at("ewc.pull").item<double>();
    return std::pair(value, take_gradients(projection)[0]);
  };
  const auto [whole, whole_gradient] = pull(kLambda, {{"other.lambda", 9}});
  const auto [half, half_gradient] = pull(kLambda, {{"ewc.lambda", 0.5}});
  CHECK(half == Approx(whole / 2));
  CHECK(at::allclose(half_gradient, whole_gradient / 2));
  for (const auto& [weight, factor] : std::vector<std::pair<double, double>>{{0, 1}, {kLambda, 0}}) {
    const auto [value, gradient] = pull(weight, {{"ewc.lambda", factor}});
    CHECK(value == 0);
    CHECK_FALSE(gradient.defined());
  }
}

TEST_CASE("two penalties on one weight add") {
  Projection projection(at::kCPU);
  train_only(projection, true, false);
  std::vector<strategy::BoundPenalty> two = penalties(projection);
  train::add_penalties(two, {}, at::kCPU);
  const at::Tensor once = take_gradients(projection)[0];
  two.push_back(two.front());
  two.back().name = "l2_sp.pull";
  const auto values = train::add_penalties(two, {}, at::kCPU);
  CHECK(at::allclose(take_gradients(projection)[0], 2 * once));
  CHECK(values.at("l2_sp.pull").item<double>() == values.at("ewc.pull").item<double>());
}

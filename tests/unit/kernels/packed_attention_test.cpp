// The padded and fused paths against the definition, sequence by sequence.
#include "kernels/packed_attention.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include "base/errors.hpp"
#include "support/catch.hpp"

namespace engram::kernels {
namespace {

constexpr int64_t kHeads = 3;
constexpr int64_t kWidth = 12;
// fp32 sums in another order than the definition's.
constexpr double kTolerance = 2e-6;

at::Generator generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

at::Tensor random(int64_t rows, uint64_t seed) { return at::empty({rows, kWidth}).normal_(0, 1, generator(seed)); }

double largest_difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

struct Inputs {
  explicit Inputs(int64_t tokens) : query(random(tokens, 1)), key(random(tokens, 2)), value(random(tokens, 3)) {
    for (at::Tensor* tensor : {&query, &key, &value}) tensor->requires_grad_(true);
  }
  at::Tensor query, key, value;
};

const std::vector<std::vector<int64_t>> kBorders = {{0, 5, 6, 13}, {0, 4, 8}, {0, 7}, {0, 1, 2}};

}  // namespace

TEST_CASE("packed attention and its gradients are those of the definition, for mixed and equal lengths") {
  for (const std::vector<int64_t>& offsets : kBorders) {
    Inputs ours(offsets.back());
    Inputs theirs(offsets.back());
    const PackedLayout layout = make_layout(offsets, at::kCPU);
    const at::Tensor weights = random(offsets.back(), 4);
    const at::Tensor result = packed_attention(ours.query, ours.key, ours.value, layout, {.heads = kHeads}, {});
    const at::Tensor expected =
        packed_attention_reference(theirs.query, theirs.key, theirs.value, offsets, {.heads = kHeads});
    CHECK(largest_difference(result, expected) < kTolerance);
    (result * weights).sum().backward();
    (expected * weights).sum().backward();
    CHECK(largest_difference(ours.query.grad(), theirs.query.grad()) < kTolerance);
    CHECK(largest_difference(ours.key.grad(), theirs.key.grad()) < kTolerance);
    CHECK(largest_difference(ours.value.grad(), theirs.value.grad()) < kTolerance);
  }
}

TEST_CASE("first-token attention is the first row of each sequence's attention, gradients included") {
  for (const std::vector<int64_t>& offsets : kBorders) {
    Inputs ours(offsets.back());
    Inputs theirs(offsets.back());
    const PackedLayout layout = make_layout(offsets, at::kCPU);
    const at::Tensor result = first_token_attention(ours.query.index_select(0, layout.first_B), ours.key, ours.value,
                                                    layout, {.heads = kHeads}, {});
    const at::Tensor expected =
        packed_attention_reference(theirs.query, theirs.key, theirs.value, offsets, {.heads = kHeads})
            .index_select(0, layout.first_B);
    CHECK(largest_difference(result, expected) < kTolerance);
    const at::Tensor weights = random(result.size(0), 4);
    (result * weights).sum().backward();
    (expected * weights).sum().backward();
    CHECK(largest_difference(ours.query.grad(), theirs.query.grad()) < kTolerance);
    CHECK(largest_difference(ours.key.grad(), theirs.key.grad()) < kTolerance);
    CHECK(largest_difference(ours.value.grad(), theirs.value.grad()) < kTolerance);
  }
}

TEST_CASE("a prefix, and keys shared by groups of heads, act as the definition says, gradients included") {
  // Four query heads of size three, served by four, two or one heads of keys and values.
  const std::vector<int64_t> key_heads = {4, 2, 1};
  for (const std::vector<int64_t>& offsets : kBorders) {
    for (const int64_t heads : key_heads) {
      const AttentionShape shape{.heads = 4, .key_value_heads = heads};
      const int64_t width = heads * 3, tokens = offsets.back();
      std::vector<at::Tensor> inputs = {random(tokens, 1)};
      for (uint64_t seed = 2; seed < 6; ++seed) {
        const int64_t rows = seed < 4 ? tokens : 2;
        inputs.push_back(at::empty({rows, width}).normal_(0, 1, generator(seed)));
      }
      const PackedLayout layout = make_layout(offsets, at::kCPU);
      const auto gradients = [&](const auto& attend) {
        std::vector<at::Tensor> leaves;
        for (const at::Tensor& input : inputs) leaves.push_back(input.clone().set_requires_grad(true));
        const at::Tensor result = attend(leaves, AttentionPrefix{leaves[3], leaves[4]});
        (result * at::empty(result.sizes()).normal_(0, 1, generator(6))).sum().backward();
        std::vector<at::Tensor> all = {result.detach()};
        for (const at::Tensor& leaf : leaves) all.push_back(leaf.grad());
        return all;
      };
      const auto check = [&](const std::vector<at::Tensor>& ours, const std::vector<at::Tensor>& theirs) {
        for (size_t i = 0; i < ours.size(); ++i) CHECK(largest_difference(ours[i], theirs[i]) < 2 * kTolerance);
      };
      const auto by_definition = [&](const auto& x, const AttentionPrefix& prefix) {
        return packed_attention_reference(x[0], x[1], x[2], offsets, shape, prefix);
      };
      check(gradients([&](const auto& x, const AttentionPrefix& prefix) {
              return packed_attention(x[0], x[1], x[2], layout, shape, {}, prefix);
            }),
            gradients(by_definition));
      check(gradients([&](const auto& x, const AttentionPrefix& prefix) {
              return first_token_attention(x[0].index_select(0, layout.first_B), x[1], x[2], layout, shape, {}, prefix);
            }),
            gradients([&](const auto& x, const AttentionPrefix& prefix) {
              return by_definition(x, prefix).index_select(0, layout.first_B);
            }));
    }
  }
}

TEST_CASE("the path with attention dropout keeps the expected value and repeats with its generator") {
  const Inputs inputs(13);
  const PackedLayout layout = make_layout(kBorders[0], at::kCPU);
  const AttentionShape shape{.heads = kHeads, .dropout = 0.25};
  const auto run = [&](uint64_t seed) {
    return packed_attention(inputs.query, inputs.key, inputs.value, layout, shape, generator(seed)).detach();
  };
  const at::Tensor expected =
      packed_attention_reference(inputs.query, inputs.key, inputs.value, kBorders[0], {.heads = kHeads}).detach();
  CHECK(at::equal(run(1), run(1)));
  CHECK_FALSE(at::equal(run(1), run(2)));
  at::Tensor mean = at::zeros_like(expected);
  for (uint64_t seed = 0; seed < 2000; ++seed) mean.add_(run(seed), 1.0 / 2000);
  // A value's deviation is below sqrt(0.25 / 0.75) * |v| < 2; over 2,000 draws its mean's is 0.045, four of them 0.18.
  CHECK(largest_difference(mean, expected) < 0.18);
  // Without a source the same shape drops nothing.
  CHECK(largest_difference(packed_attention(inputs.query, inputs.key, inputs.value, layout, shape, {}), expected) <
        kTolerance);
}

TEST_CASE("padding and dropping the padding are inverse, and equal lengths need neither") {
  const at::Tensor packed = random(13, 1);
  const PackedLayout layout = make_layout(kBorders[0], at::kCPU);
  const at::Tensor padded = pad(packed, layout);
  CHECK(padded.sizes() == at::IntArrayRef({21, kWidth}));
  CHECK(at::equal(unpad(padded, layout), packed));
  const PackedLayout equal = make_layout({0, 4, 8}, at::kCPU);
  CHECK(equal.equal_lengths);
  CHECK(pad(packed, equal).is_same(packed));
}

TEST_CASE("borders that describe no batch are refused") {
  CHECK_THROWS_AS(make_layout({0}, at::kCPU), InternalError);
  CHECK_THROWS_WITH(make_layout({1, 2}, at::kCPU), "a packed batch needs at least one sequence, and borders from 0");
  CHECK_THROWS_WITH(make_layout({0, 2, 2}, at::kCPU), "sequence 1 of a packed batch is empty");
}

}  // namespace engram::kernels

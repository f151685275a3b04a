// Clipping, weight decay exclusion, AdamW and the probe, each against a formula or a number from elsewhere.
#include <cmath>

#include "kernels/device.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/adamw.hpp"
#include "train/clipping.hpp"
#include "train/parameter_groups.hpp"
#include "train/probe.hpp"

using namespace engram;
using namespace engram::tests;

TEST_CASE("clipping scales all gradients by the limit over their common norm") {
  const at::Tensor a = at::full({2}, 3.0f), b = at::full({1}, std::sqrt(7.0f));  // norm sqrt(9 + 9 + 7) = 5
  CHECK(train::clip_gradients({a, b}, 1.0).item<double>() == Approx(5).epsilon(1e-6));
  CHECK(a[0].item<double>() == Approx(3 / (5 + 1e-6)).epsilon(1e-6));
  CHECK(train::clip_gradients({a, b}, 2.0).item<double>() == Approx(1).epsilon(1e-5));
  CHECK(a[0].item<double>() == Approx(3 / (5 + 1e-6)).epsilon(1e-6));
}

TEST_CASE("clipping with limit 0 leaves gradients alone") {
  const at::Tensor a = at::full({4}, 100.0f);
  CHECK(train::clip_gradients({a}, 0).item<double>() == Approx(200));
  CHECK(at::equal(a, at::full({4}, 100.0f)));
}

TEST_CASE("weight decay spares biases and normalisation, and nothing else") {
  CHECK(train::decays("encoder.layer.0.attention.self.query.weight"));
  CHECK(train::decays("embeddings.word_embeddings.weight"));
  CHECK(train::decays("heads.tones.weight"));
  CHECK(train::decays("lora.encoder.layer.0.attention.self.query.lora_A.weight"));
  CHECK_FALSE(train::decays("encoder.layer.0.output.LayerNorm.weight"));
  CHECK_FALSE(train::decays("heads.tones.bias"));
  CHECK_FALSE(train::decays("model.norm.weight"));
  CHECK_FALSE(train::decays("model.layers.0.input_norm.weight"));
}

TEST_CASE("names of tasks and strategies do not spare a tensor the weight decay") {
  const auto tensor = [](const std::string& name, const std::string& owner, bool claimed) {
    strategy::ResolvedTensor made;
    made.name = name;
    made.shape = {1};
    made.owner = owner;
    made.trainability = {{{}, true}};
    made.claimed = claimed;
    return made;
  };
  strategy::Resolution resolution;
  resolution.tensors = {tensor("heads.bias_detection.weight", "default", false),
                        tensor("heads.v1.norm.weight", "default", false),
                        tensor("layernorm_tuner.scale", "layernorm_tuner", true),
                        tensor("heads.bias_detection.bias", "default", false),
                        tensor("layernorm_tuner.query.bias", "layernorm_tuner", true),
                        tensor("encoder.layer.0.output.LayerNorm.weight", "layernorm_tuner", false)};
  std::vector<model::NamedTensor> live;
  for (const strategy::ResolvedTensor& entry : resolution.tensors) live.push_back({entry.name, at::zeros({1})});
  const std::vector<train::ParameterGroup> groups = train::groups_at(resolution, live, 0.1, 0, 0);
  const auto names = [](const train::ParameterGroup& group) {
    std::vector<std::string> all;
    for (const model::NamedTensor& entry : group.tensors) all.push_back(entry.name);
    return all;
  };
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].weight_decay == 0.1);
  CHECK(names(groups[0]) == std::vector<std::string>{live[0].name, live[1].name, live[2].name});
  CHECK(groups[1].weight_decay == 0);
  CHECK(names(groups[1]) == std::vector<std::string>{live[3].name, live[4].name, live[5].name});
}

TEST_CASE("AdamW's first step moves against the gradient by the rate, after the decay") {
  // With zero moments the bias-corrected step is lr * g / (|g| + eps) (arXiv 1711.05101, algorithm 2).
  at::Tensor weight = at::full({3}, 2.0f).set_requires_grad(true);
  weight.mutable_grad() = at::full({3}, -0.5f);
  train::AdamW optimizer({});
  optimizer.step({{.rate_scale = 0.5, .weight_decay = 0.1, .tensors = {{"w", weight}}}}, 0.02, at::zeros({}));
  CHECK(weight[0].item<double>() == Approx(2.0 * (1 - 0.01 * 0.1) + 0.01).epsilon(1e-6));
}

TEST_CASE("AdamW skips the update when told that a gradient was not finite") {
  at::Tensor weight = at::full({3}, 2.0f).set_requires_grad(true);
  weight.mutable_grad() = at::full({3}, -0.5f);
  train::AdamW optimizer({});
  optimizer.step({{.tensors = {{"w", weight}}}}, 0.02, at::ones({}));
  CHECK(weight[0].item<double>() == 2.0);
  CHECK(optimizer.state().back().tensor.item<double>() == 0);
}

TEST_CASE("a linear probe finds labels that are linear in the pooled vectors") {
  for (const at::Device device : devices()) {
    const TinyRun run = tiny_run("full", device);
    data::Examples examples = golden_examples();
    // Labels by the sign of the first pooled coordinate are separable by construction.
    std::vector<int64_t> rows(static_cast<size_t>(examples.size()));
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
    const at::Tensor pooled_NH = run.model->pooled(data::pack(examples, rows).to(device), {}).detach();
    for (size_t i = 0; i < rows.size(); ++i) {
      examples.labels[i] = pooled_NH[static_cast<int64_t>(i)][0].item<double>() > 0 ? 1 : 0;
    }
    const model::Head head = train::fit_probe(*run.model, examples, {"low", "high"}, 8);
    const at::Tensor found_N = at::linear(pooled_NH, head.weight, head.bias).argmax(1).cpu();
    CHECK(at::equal(found_N, at::tensor(examples.labels, at::kLong)));
    CHECK(head.labels == std::vector<std::string>{"low", "high"});
  }
}

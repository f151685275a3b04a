// Squared gradients against torch.func, sample by sample (tests/golden/fisher.py), and what they may not depend on.
#include <ATen/CPUGeneratorImpl.h>

#include <numeric>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "model/safetensors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"
#include "train/label_scores.hpp"
#include "train/passes.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

constexpr double kTolerance = 1e-5;  // |ours - oracle| / |oracle|, Euclidean norms over one parameter
constexpr const char* kTask = "topic";

std::filesystem::path golden(const std::string& folder) {
  return std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden" / folder;
}

struct Golden {
  explicit Golden(const std::string& name, at::Device device = at::kCPU)
      : json(read_json(golden("fisher") / (name + ".json"))),
        oracle(golden("fisher") / (name + ".safetensors")),
        model(model::load_model(golden("model") / name, kTask)) {
    model->move_to(device);
    for (const sdk::Parameter& parameter : model->view().parameters) {
      if (parameter.role != sdk::Role::head) parameters.push_back(parameter.name);
    }
  }

  data::Examples examples(const std::string& labels) const {
    data::Examples made{.name = "old", .task = kTask};
    for (size_t i = 0; i < json.at("ids").size(); ++i) {
      for (const Json& id : json.at("ids")[i]) made.tokens.ids.push_back(id.get<int32_t>());
      for (const Json& type : json.at("types")[i]) made.tokens.type_ids.push_back(type.get<int32_t>());
      made.tokens.offsets.push_back(static_cast<int64_t>(made.tokens.ids.size()));
      made.labels.push_back(json.at(labels)[i].get<int64_t>());
    }
    return made;
  }

  train::Squares squares(sdk::LabelMode labels, const std::string& given = "labels", int64_t batch_size = 3,
                         sdk::SquareMode squares = sdk::SquareMode::per_sample) const {
    const data::Examples made = examples(given);
    return train::squared_gradients(
        *model, made, train::choose_rows(made.size(), 0, 0),
        {.parameters = parameters, .labels = labels, .squares = squares, .batch_size = batch_size, .seed = 3});
  }

  Json json;
  model::SafetensorsFile oracle;
  std::unique_ptr<model::Model> model;
  std::vector<std::string> parameters;
};

double relative_error(const at::Tensor& ours, const at::Tensor& theirs) {
  const double size = theirs.norm().item<double>();
  const double error = (ours - theirs).norm().item<double>();
  return size == 0 ? error : error / size;
}

void check_equal(const train::Squares& ours, const train::Squares& theirs, double tolerance) {
  REQUIRE(ours.by_parameter.size() == theirs.by_parameter.size());
  for (const auto& [name, tensor] : theirs.by_parameter) {
    INFO(name);
    CHECK(relative_error(ours.by_parameter.at(name), tensor) <= tolerance);
  }
}

void check_oracle(const Golden& golden, const train::Squares& squares, const std::string& estimator) {
  CHECK(squares.samples == static_cast<int64_t>(golden.json.at("ids").size()));
  REQUIRE(squares.by_parameter.size() == golden.parameters.size());
  for (const auto& [name, tensor] : squares.by_parameter) {
    INFO(estimator << " " << name);
    const at::Tensor expected = golden.oracle.tensor(estimator + "/" + name);
    // Adding the same to every key of a query changes no attention: the true gradient is zero, and rounding is left.
    const bool is_zero = name.ends_with("attention.self.key.bias");
    const double error = is_zero ? tensor.abs().max().item<double>() : relative_error(tensor, expected);
    CHECK(error < kTolerance);
  }
}

}  // namespace

TEST_CASE("exact squares are the expectation over classes of torch.func's per-sample squares") {
  for (const at::Device device : devices()) {
    for (const std::string name : {"gelu", "silu"}) {
      const Golden golden(name, device);
      check_oracle(golden, golden.squares(sdk::LabelMode::exact), "exact");
    }
  }
}

TEST_CASE("squares under given labels are torch.func's, for the data's labels and for fixed sampled ones") {
  for (const at::Device device : devices()) {
    const Golden three("gelu", device), two("silu", device);
    check_oracle(three, three.squares(sdk::LabelMode::given, "labels"), "empirical");
    check_oracle(three, three.squares(sdk::LabelMode::given, "sampled"), "sampled");
    check_oracle(two, two.squares(sdk::LabelMode::given, "sampled"), "sampled");
  }
}

TEST_CASE("the batched form squares the mean gradient of each batch, as torch.func does") {
  for (const at::Device device : devices()) {
    const Golden golden("gelu", device);
    check_oracle(golden, golden.squares(sdk::LabelMode::given, "labels", 3, sdk::SquareMode::batch_mean), "batch_mean");
  }
}

TEST_CASE("the batched form has no meaning under every label at once") {
  CHECK_THROWS_WITH(Golden("gelu").squares(sdk::LabelMode::exact, "labels", 4, sdk::SquareMode::batch_mean),
                    "the gradient of a batch's mean loss was asked for under every label at once");
}

TEST_CASE("squares do not depend on the batch size") {
  const Golden golden("gelu");
  for (const sdk::LabelMode labels :
       {sdk::LabelMode::exact, sdk::LabelMode::sampled, sdk::LabelMode::given, sdk::LabelMode::predicted}) {
    const train::Squares one = golden.squares(labels, "labels", 1);
    for (const int64_t batch_size : {3, 8, 100}) {
      const train::Squares other = golden.squares(labels, "labels", batch_size);
      for (const auto& [name, tensor] : one.by_parameter) {
        if (name.ends_with("attention.self.key.bias")) continue;  // zero, but for rounding
        INFO(name << " at " << batch_size);
        CHECK(relative_error(other.by_parameter.at(name), tensor) < kTolerance);
      }
    }
  }
}

TEST_CASE("squares are the same for frozen and for trainable parameters, and leave both as they were") {
  const Golden golden("gelu");
  const train::Squares frozen = golden.squares(sdk::LabelMode::exact);
  std::map<std::string, at::Tensor> before;
  for (const model::NamedTensor& entry : golden.model->parameters()) {
    CHECK_FALSE(entry.tensor.requires_grad());
    before[entry.name] = entry.tensor.clone();
    entry.tensor.set_requires_grad(entry.name != "pooler.dense.weight");
    if (entry.name.ends_with("bias")) entry.tensor.mutable_grad() = at::full_like(entry.tensor, 7);
  }
  check_equal(golden.squares(sdk::LabelMode::exact), frozen, 1e-6);
  for (const model::NamedTensor& entry : golden.model->parameters()) {
    INFO(entry.name);
    CHECK(at::equal(entry.tensor, before.at(entry.name)));
    CHECK(entry.tensor.requires_grad() == (entry.name != "pooler.dense.weight"));
    CHECK(entry.tensor.grad().defined() == entry.name.ends_with("bias"));
    if (entry.tensor.grad().defined()) CHECK(at::equal(entry.tensor.grad(), at::full_like(entry.tensor, 7)));
  }
}

TEST_CASE("only the parameters asked for are given, and alone they are what they are together") {
  Golden golden("gelu");
  const train::Squares all = golden.squares(sdk::LabelMode::exact);
  const std::vector<std::string> names = golden.parameters;
  for (const std::string& name : names) {
    golden.parameters = {name};
    const train::Squares alone = golden.squares(sdk::LabelMode::exact);
    INFO(name);
    REQUIRE(alone.by_parameter.size() == 1);
    CHECK((alone.by_parameter.at(name) - all.by_parameter.at(name)).abs().max().item<double>() < 1e-6);
  }
}

TEST_CASE("sampled squares repeat with their seed and average to the exact ones") {
  Golden golden("silu");
  golden.parameters = {"pooler.dense.weight"};
  const data::Examples examples = golden.examples("labels");
  const auto sampled = [&](uint64_t seed) {
    return train::squared_gradients(*golden.model, examples, train::choose_rows(examples.size(), 0, 0),
                                    {.parameters = golden.parameters, .labels = sdk::LabelMode::sampled, .seed = seed})
        .by_parameter.at("pooler.dense.weight");
  };
  CHECK(at::equal(sampled(1), sampled(1)));
  CHECK_FALSE(at::equal(sampled(1), sampled(2)));
  at::Tensor mean = at::zeros_like(sampled(0));
  for (uint64_t seed = 0; seed < 400; ++seed) mean += sampled(seed) / 400;
  // One draw is off by about its own size; the mean of 400 by a twentieth of that.
  CHECK(relative_error(mean, golden.squares(sdk::LabelMode::exact).by_parameter.at("pooler.dense.weight")) < 0.15);
}

TEST_CASE("predicted labels are the most probable class") {
  const Golden golden("gelu");
  data::Examples examples = golden.examples("labels");
  const std::vector<int64_t> rows = train::choose_rows(examples.size(), 0, 0);
  const at::Tensor best = golden.model->logits(data::pack(examples, rows), kTask, {}).argmax(1);
  for (const int64_t row : rows) examples.labels[static_cast<size_t>(row)] = best[row].item<int64_t>();
  const train::Squares given =
      train::squared_gradients(*golden.model, examples, rows,
                               {.parameters = golden.parameters, .labels = sdk::LabelMode::given, .batch_size = 3});
  check_equal(golden.squares(sdk::LabelMode::predicted), given, 0);
}

TEST_CASE("with adapters the squares are those of the merged model, without them those of the base") {
  TinyRun adapted = tiny_run("lora", at::kCPU);
  const std::string name = "encoder.layer.0.attention.self.query.weight";
  const auto squares = [&](const model::Model& model, bool adapters) {
    return train::squared_gradients(model, adapted.examples, {0, 1, 2, 3, 4},
                                    {.parameters = {name}, .batch_size = 2, .adapters = adapters})
        .by_parameter.at(name);
  };
  const at::Tensor untouched = squares(*adapted.model, false);
  adapted.losses("lora");
  const TinyRun plain = tiny_run("full", at::kCPU);
  for (const model::NamedTensor& entry : adapted.strategies.merged_parameters(*adapted.model)) {
    plain.model->parameter(entry.name).detach().copy_(entry.tensor.detach());
  }
  CHECK(relative_error(squares(*adapted.model, true), squares(*plain.model, true)) < kTolerance);
  CHECK(relative_error(squares(*adapted.model, false), squares(*plain.model, true)) > 0.01);
  // The head has trained, so the base's squares differ, but for the weights they are of.
  CHECK(squares(*adapted.model, false).sizes() == untouched.sizes());
}

TEST_CASE("soft tokens count as tokens of their sequence") {
  const Golden golden("gelu");
  const at::Tensor prompt = at::randn({2, 16}, at::make_generator<at::CPUGeneratorImpl>(9));
  golden.model->attach_prompt({.tokens = 2, .source = [&] { return prompt; }});
  const data::Examples whole = golden.examples("labels");
  data::Examples examples{.name = "short", .task = kTask};
  for (int64_t row = 0; row < whole.size(); ++row) {
    if (whole.tokens.offsets[static_cast<size_t>(row) + 1] - whole.tokens.offsets[static_cast<size_t>(row)] > 20)
      continue;
    for (int64_t at = whole.tokens.offsets[static_cast<size_t>(row)];
         at < whole.tokens.offsets[static_cast<size_t>(row) + 1]; ++at) {
      examples.tokens.ids.push_back(whole.tokens.ids[static_cast<size_t>(at)]);
      examples.tokens.type_ids.push_back(whole.tokens.type_ids[static_cast<size_t>(at)]);
    }
    examples.tokens.offsets.push_back(static_cast<int64_t>(examples.tokens.ids.size()));
    examples.labels.push_back(whole.labels[static_cast<size_t>(row)]);
  }
  const auto squares = [&](int64_t batch_size) {
    return train::squared_gradients(*golden.model, examples, train::choose_rows(examples.size(), 0, 0),
                                    {.parameters = golden.parameters, .batch_size = batch_size, .adapters = true})
        .by_parameter;
  };
  const auto one = squares(1), all = squares(8);
  for (const std::string name : {"embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight",
                                 "encoder.layer.0.output.dense.weight", "pooler.dense.bias"}) {
    INFO(name);
    CHECK(relative_error(all.at(name), one.at(name)) < kTolerance);
  }
}

TEST_CASE("the Cholesky columns multiply to the covariance of the scores, near certainty too") {
  for (const double scale : {0.1, 3.0, 60.0, 1000.0}) {
    const at::Tensor logits = at::randn({6, 5}, at::make_generator<at::CPUGeneratorImpl>(2)) * scale;
    const std::vector<at::Tensor> columns = train::label_scores(logits, sdk::LabelMode::exact, {}, {});
    REQUIRE(columns.size() == 4);
    const at::Tensor l = at::stack(columns, 2).to(at::kDouble);
    const at::Tensor p = at::softmax(logits.to(at::kDouble), 1);
    const at::Tensor covariance = at::diag_embed(p) - p.unsqueeze(2) * p.unsqueeze(1);
    CHECK((at::matmul(l, l.transpose(1, 2)) - covariance).abs().max().item<double>() < 1e-6);
  }
}

TEST_CASE("a sampled class is the first whose cumulated probability exceeds the draw") {
  const at::Tensor logits = at::log(at::tensor({0.2, 0.5, 0.3})).expand({4, 3});
  const at::Tensor draws = at::tensor({0.0, 0.19, 0.21, 0.999});
  const at::Tensor score = train::label_scores(logits, sdk::LabelMode::sampled, {}, draws)[0];
  CHECK(at::equal(score.argmax(1), at::tensor({0, 0, 1, 2}, at::kLong)));
  CHECK(score[1][0].item<double>() == Approx(0.8));
  CHECK(score[1][1].item<double>() == Approx(-0.5));
}

TEST_CASE("given labels that are missing are refused, with the row") {
  const Golden golden("gelu");
  data::Examples examples = golden.examples("labels");
  examples.labels[4] = -1;
  CHECK_THROWS_WITH(
      train::squared_gradients(*golden.model, examples, {3, 4},
                               {.parameters = golden.parameters, .labels = sdk::LabelMode::given}),
      "row 5 of data.old has no label, and squared gradients of the given labels need one. Fix: take the exact, "
      "sampled or predicted labels");
}

TEST_CASE("a parameter that no operation of the pass records is refused") {
  const Golden golden("gelu");
  CHECK_THROWS_WITH(
      train::squared_gradients(*golden.model, golden.examples("labels"), {0}, {.parameters = {"heads.topic.weight"}}),
      "a pass with squared gradients was asked for 'heads.topic.weight', which the model's operations do "
      "not record");
}

TEST_CASE("passes stop at an interrupt") {
  const Golden golden("gelu");
  interrupt::request();
  CHECK_THROWS_AS(golden.squares(sdk::LabelMode::exact), interrupt::Interrupted);
  const sdk::Forward forward{.visit = [](const sdk::ForwardView&) {}};
  CHECK_THROWS_AS(train::forward_pass(*golden.model, golden.examples("labels"), {0}, forward, 1, false),
                  interrupt::Interrupted);
  interrupt::clear();
}

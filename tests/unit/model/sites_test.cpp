// Adapters, taps, dropout and gradients of the encoder.
#include "model_support.hpp"

namespace engram::model::test {
namespace {

const std::vector<std::vector<int64_t>> kIds = {{3, 7, 11, 2, 30}, {5}, {9, 1, 4}};

std::unique_ptr<Model> small() { return load_model(golden("gelu"), "task"); }

BoundLowRank low_rank(int64_t in, int64_t out, uint64_t seed) {
  const at::Generator draw = generator(seed);
  return {.a = at::empty({2, in}).normal_(0, 0.3, draw),
          .b = at::empty({out, 2}).normal_(0, 0.3, draw),
          .scale = 0.5,
          .dropout = 0};
}

}  // namespace

TEST_CASE("every linear site of the view takes an adapter and changes the logits by it") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const at::Tensor base = model->logits(batch, "task", {});
  CHECK(model->view().linear_sites.size() == 13);
  for (const sdk::LinearSite& site : model->view().linear_sites) {
    INFO(site.name);
    model->attach(site.name, low_rank(site.in, site.out, 1));
    CHECK(largest_difference(model->logits(batch, "task", {}), base) > 1e-4);
    CHECK(at::equal(model->logits(batch, "task", {.adapters = false}), base));
    model->detach_all();
    CHECK(at::equal(model->logits(batch, "task", {}), base));
  }
}

TEST_CASE("several adapters of a site do what their sum, merged into the weight, does") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const std::string site = "encoder.layer.1.attention.self.value";
  const BoundLowRank first = low_rank(16, 16, 1);
  const BoundLowRank second = low_rank(16, 16, 2);
  const at::Tensor custom = at::empty({16, 16}).normal_(0, 0.2, generator(3));
  model->attach(site, first);
  model->attach(site,
                BoundCustom{.adapter = {.delta = [](const sdk::AdapterPass& pass, const at::Tensor& x,
                                                    const at::Tensor&) { return at::linear(x, pass.tensor("extra")); },
                                        .merged_delta = {}},
                            .tensor = [custom](const std::string&) { return custom; }});
  model->attach(site, second);
  const at::Tensor adapted = model->logits(batch, "task", {});
  model->detach_all();
  model->parameter(site + ".weight")
      .add_(at::matmul(first.b, first.a) * 0.5 + at::matmul(second.b, second.a) * 0.5 + custom);
  // 2e-5: the same sums in another order.
  CHECK(largest_difference(adapted, model->logits(batch, "task", {})) < 2e-5);
}

TEST_CASE("a custom adapter sees the site's weight, its input and the base output") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const at::Tensor weight = model->parameter("pooler.dense.weight");
  const at::Tensor bias = model->parameter("pooler.dense.bias");
  bool called = false;
  model->attach(
      "pooler.dense",
      BoundCustom{.adapter = {.delta =
                                  [&](const sdk::AdapterPass& pass, const at::Tensor& x, const at::Tensor& base) {
                                    called = true;
                                    CHECK(at::equal(pass.weight, weight));
                                    CHECK(at::equal(at::linear(x, weight, bias), base));
                                    CHECK(at::equal(pass.dropout(x, 0.5), x));
                                    return at::zeros_like(base);
                                  },
                              .merged_delta = {}},
                  .tensor = {}});
  model->logits(batch_of(kIds), "task", {});
  CHECK(called);
}

TEST_CASE("taps come in order with the hidden states, and the last is what encode returns") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  std::vector<std::string> names;
  at::Tensor last;
  const Pass pass{.on_tap = [&](const std::string& name, const at::Tensor& hidden_TH) {
    names.push_back(name);
    CHECK(hidden_TH.sizes() == at::IntArrayRef({9, 16}));
    last = hidden_TH;
  }};
  const at::Tensor hidden = model->encode(batch_of(kIds), pass);
  CHECK(names == model->view().taps);
  CHECK(names == std::vector<std::string>{"embeddings", "encoder.layer.0", "encoder.layer.1"});
  CHECK(at::equal(last, hidden));
}

TEST_CASE("dropout draws from the pass's generator alone") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const auto run = [&](uint64_t seed) {
    return model->logits(batch, "task", {.training = true, .dropout_generator = generator(seed)});
  };
  const at::Tensor global_state = at::detail::getDefaultCPUGenerator().get_state();
  const at::Tensor first = run(1);
  CHECK(at::equal(global_state, at::detail::getDefaultCPUGenerator().get_state()));
  CHECK(at::equal(first, run(1)));
  CHECK_FALSE(at::equal(first, run(2)));
  CHECK_FALSE(at::equal(first, model->logits(batch, "task", {})));
}

TEST_CASE("set_dropout(0) makes training passes equal to evaluation and in no need of a generator") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  CHECK(refusal<InternalError>([&] { model->logits(batch, "task", {.training = true}); }) ==
        "a training pass with dropout was started without a generator");
  model->set_dropout(0);
  CHECK(at::equal(model->logits(batch, "task", {.training = true}), model->logits(batch, "task", {})));
}

TEST_CASE("with a frozen base only what an adapter needs is differentiated") {
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const BoundLowRank adapter = low_rank(16, 16, 1);
  adapter.a.requires_grad_(true);
  adapter.b.requires_grad_(true);
  at::Tensor tap;
  model->attach("encoder.layer.1.attention.self.query", adapter);
  const Pass pass{.on_tap = [&](const std::string& name, const at::Tensor& hidden_TH) {
    if (name == "encoder.layer.0") tap = hidden_TH;
  }};
  model->logits(batch, "task", pass).sum().backward();
  CHECK_FALSE(tap.requires_grad());
  CHECK(adapter.a.grad().defined());
  CHECK(adapter.b.grad().abs().sum().item<double>() > 0);
  for (const NamedTensor& named : model->parameters()) CHECK_FALSE(named.tensor.grad().defined());
}

TEST_CASE("gradients of the packed encoder agree with finite differences") {
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const at::Tensor weights = at::empty({3, 3}).normal_(0, 1, generator(4));
  const auto loss = [&] { return (model->logits(batch, "task", {}) * weights).sum(); };
  for (const std::string name :
       {"embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight",
        "encoder.layer.0.attention.self.key.weight", "encoder.layer.1.attention.self.query.bias",
        "encoder.layer.1.attention.self.value.weight", "encoder.layer.0.output.LayerNorm.weight", "pooler.dense.weight",
        "heads.task.bias"}) {
    INFO(name);
    at::Tensor parameter = model->parameter(name);
    parameter.requires_grad_(true);
    loss().backward();
    const at::Tensor direction = at::empty_like(parameter).detach().normal_(0, 1, generator(5));
    const double expected = (parameter.grad() * direction).sum().item<double>();
    parameter.requires_grad_(false);
    const double step = 1e-3;
    parameter.add_(direction, step);
    const double above = loss().item<double>();
    parameter.add_(direction, -2 * step);
    const double below = loss().item<double>();
    parameter.add_(direction, step);
    // 2 %: central differences of an fp32 loss with a step of 1e-3.
    CHECK((above - below) / (2 * step) == Approx(expected).epsilon(0.02).margin(0.005));
  }
}

TEST_CASE("ids out of range and sequences that are too long are refused") {
  const auto model = small();
  CHECK(refusal<InternalError>([&] {
          model->encode(batch_of({{1, 40}}), {});
        }) == "a batch holds the token id 40 (allowed: 0 to 39)");
  CHECK(refusal<InternalError>([&] { model->encode(batch_of({{1}}, {{2}}), {}); }) ==
        "a batch holds the token type 2 (allowed: 0 to 1)");
  CHECK(refusal<InternalError>([&] { model->encode(batch_of({std::vector<int64_t>(33, 1)}), {}); }) ==
        "a sequence of 33 tokens reached the model (allowed: at most 32 tokens)");
}

TEST_CASE("names that the model does not have are refused with the nearest ones") {
  const auto model = small();
  CHECK(contains(
      refusal<InternalError>([&] { model->attach("encoder.layer.1.attention.self.quary", low_rank(16, 16, 1)); }),
      "no linear site 'encoder.layer.1.attention.self.quary'; did you mean "
      "'encoder.layer.1.attention.self.query'"));
  CHECK(contains(refusal<InternalError>([&] { model->parameter("pooler.dense.wieght"); }),
                 "no parameter 'pooler.dense.wieght'; did you mean 'pooler.dense.weight'"));
  CHECK(contains(refusal<InternalError>([&] { model->logits(batch_of(kIds), "tasks", {}); }),
                 "no head for the task 'tasks'; did you mean 'task'"));
}

TEST_CASE("a fresh head draws its weights from the generator and starts with zero bias") {
  const auto model = load_model(golden("gelu"), "task");
  model->add_fresh_head("new", {"a", "b"}, generator(7));
  const Head first = *model->find_head("new");
  CHECK(first.weight.sizes() == at::IntArrayRef({2, 16}));
  CHECK(first.bias.abs().sum().item<double>() == 0);
  // The golden model's initializer_range is 0.3; 32 draws have a standard deviation within a half of it.
  CHECK(first.weight.std().item<double>() == Approx(0.3).epsilon(0.5));
  model->add_fresh_head("new", {"a", "b"}, generator(7));
  CHECK(at::equal(model->find_head("new")->weight, first.weight));
  CHECK(model->view().parameters.back().name == "heads.new.bias");
  CHECK(model->view().parameters.back().trained_head);
  CHECK(model->heads().size() == 2);
  CHECK(model->parameters().size() == model->view().parameters.size());
}

}  // namespace engram::model::test

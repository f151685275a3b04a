// Functions of claims run guarded, with the copies and results that the host hands out.
#include <ATen/core/grad_mode.h>

#include "plugin_run.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const std::string kWeight = "pooler.dense.weight";

// The throwing fixture on the small model, applied.
struct Failing : test::PluginRun {
  explicit Failing(const std::string& phase, const InitServices& services = {})
      : PluginRun("throws", {{"phase", test::string(phase)}}, test::fixture_folder("throws")) {
    apply(services);
  }
};

std::string refused(const std::string& phase, const std::function<void(Failing&)>& action,
                    const InitServices& services = {}) {
  return test::refusal<PluginError>([&] {
    Failing failing(phase, services);
    action(failing);
  });
}

void nothing(Failing&) {}

void forward(Failing& failing) { failing.model->logits(test::small_batch(), "topics", {}); }

class NoLossView final : public sdk::LossView {
 public:
  explicit NoLossView(sdk::TensorByName tensor) : tensor_(std::move(tensor)) {}
  at::Tensor logits(const std::string&) const override { return {}; }
  at::Tensor start_logits(const std::string&) const override { return {}; }
  at::Tensor tap(const std::string&) const override { return {}; }
  at::Tensor start_tap(const std::string&) const override { return {}; }
  at::Tensor labels() const override { return {}; }
  const std::vector<int64_t>& offsets() const override { return none_; }
  const std::vector<int64_t>& start_offsets() const override { return none_; }
  const std::vector<int64_t>& examples() const override { return none_; }
  at::Tensor tensor(const std::string& name) const override { return tensor_(name); }

 private:
  sdk::TensorByName tensor_;
  std::vector<int64_t> none_;
};

class NoForwardView final : public sdk::ForwardView {
 public:
  at::Tensor logits() const override { return {}; }
  at::Tensor tap(const std::string&) const override { return {}; }
  at::Tensor input(const std::string&) const override { return {}; }
  const std::vector<int64_t>& offsets() const override { return none_; }
  const std::vector<int64_t>& labels() const override { return none_; }
  at::Tensor parameter(const std::string&) const override { return {}; }

 private:
  std::vector<int64_t> none_;
};

class NoFinishView final : public sdk::FinishView {
 public:
  const sdk::ModelView& model() const override { return model_; }
  std::vector<std::string> trained() const override { return {}; }
  at::Tensor start(const std::string&) const override { return {}; }
  at::Tensor parameter(const std::string&) const override { return {}; }
  Scored candidate(const std::string&, const std::map<std::string, at::Tensor>&) override { return {}; }

 private:
  sdk::ModelView model_;
};

void lose(Failing& failing) {
  const BoundLossTerm& term = failing.strategies.bound().loss_terms.front();
  term.claim.loss(NoLossView(term.tensor));
}

const std::string kBefore = "recipe.lua:7: strategy 'throws', ";

}  // namespace

TEST_CASE("sources of virtual tokens are guarded, and their shapes are checked") {
  CHECK(refused("prefix", forward) == kBefore + "prefix, at encoder.layer.0.attention: the source broke");
  CHECK(refused("wrong prefix", forward) ==
        kBefore +
            "prefix, at encoder.layer.0.attention: it gave fp32 of shape (2, 2) as keys, not fp32 of shape (2, 8)");
  CHECK(refused("prompt", forward) == kBefore + "prompt: there is no claimed tensor 'stat'");
}

TEST_CASE("loss terms are guarded, and give one number") {
  CHECK(refused("loss term", lose) == kBefore + "loss term, at term: the loss broke");
  CHECK(
      refused("wrong loss", lose) ==
      kBefore +
          "loss term, at term: its function gave fp32 of shape (2, 2), not one floating-point number. Fix: return the "
          "sum over the sequences");
}

TEST_CASE("projections, finishes and visits of passes are guarded") {
  CHECK(refused("projection", [](Failing& failing) { failing.strategies.project({}, {}); }) ==
        kBefore + "projection, at away: 'w' does not train in this step");
  CHECK(refused("finish", [](Failing& failing) {
          NoFinishView none;
          failing.strategies.finish(none);
        }) == kBefore + "finish, at sweep: the sweep broke");
  CHECK(refused("pass", [](Failing& failing) {
          failing.strategies.guarded_forward(failing.resolution.passes.front()).visit(NoForwardView());
        }) == kBefore + "pass, at look: the visit broke");
}

TEST_CASE("what no pass has found, no tokenizer reads and no copy holds is refused") {
  const std::string no_result =
      "there is no result of a pass 'fisher' now. Fix: claim it by plan.pass(): initialise() sees passes before "
      "training, end() those after it";
  CHECK(refused("squares", nothing) == kBefore + "initialise: " + no_result);
  CHECK(refused("end", [](Failing& failing) { failing.strategies.end({}); }) == kBefore + "end: " + no_result);
  CHECK(refused("squares", nothing, {.passes = {{"throws.fisher", {}}}, .tokenize = {}, .carried = {}}) ==
        kBefore + "initialise: there is no squared gradient in pass 'fisher' of 'pooler.dense.weight'");
  CHECK(refused("tokenize", nothing) == kBefore + "initialise: no tokenizer is at hand here");
  CHECK(refused("start", [](Failing& failing) { failing.strategies.begin({}); }) ==
        kBefore +
            "begin: no copy of 'pooler.dense.weight' from before the first step was kept. Fix: claim it by "
            "plan.snapshot()");
}

TEST_CASE("a carried tensor of another shape is refused, not dropped") {
  const auto carrying = [](const at::Tensor& tensor) {
    return InitServices{.passes = {}, .tokenize = {}, .carried = {{"throws.state", tensor}}};
  };
  CHECK(refused("carried", nothing, carrying(at::ones({2, 2}))) == "accepted");
  CHECK(refused("carried", nothing, carrying(at::ones({3}))) ==
        kBefore +
            "initialise: the folder that the run starts from carries 'state' with the shape (3), but here it has "
            "(2, 2). Fix: start from a result of the same model and the same options, or delete the carried "
            "tensors' file");
}

TEST_CASE("start weights are swapped in without a copy, and the trained ones come back bit for bit") {
  const auto model = test::small_model();
  const StartWeights start(*model, {kWeight});
  const at::Tensor live = model->parameter(kWeight);
  const at::Tensor before = live.detach().clone();
  {
    const at::NoGradGuard no_grad;
    live.add_(1);
  }
  const at::Tensor trained = live.detach().clone();
  const void* memory = live.data_ptr();
  start.swapped_in([&] { CHECK(at::equal(model->parameter(kWeight).detach(), before)); });
  CHECK(at::equal(live.detach(), trained));
  CHECK(live.data_ptr() == memory);
  REQUIRE_THROWS(start.swapped_in([] { throw std::runtime_error("stop"); }));
  CHECK(at::equal(live.detach(), trained));
  CHECK(at::equal(start.at(kWeight), before));
  CHECK(start.at("pooler.dense.bias").data_ptr() == model->parameter("pooler.dense.bias").data_ptr());
}

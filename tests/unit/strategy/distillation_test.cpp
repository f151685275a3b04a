// The distillation plugin through the host, its divergence against torch's kl_div.
#include <ATen/core/grad_mode.h>

#include "base/json.hpp"
#include "plugin_run.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

at::Tensor tensor_of(const Json& rows) {
  std::vector<float> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(value.get<float>());
  }
  return at::tensor(values).view({static_cast<int64_t>(rows.size()), -1});
}

// Logits of one task before training and now.
class Logits final : public sdk::LossView {
 public:
  Logits(at::Tensor start, at::Tensor now) : start_(std::move(start)), now_(std::move(now)) {}
  at::Tensor logits(const std::string& task) const override { return task == "topics" ? now_ : at::Tensor(); }
  at::Tensor start_logits(const std::string& task) const override { return task == "topics" ? start_ : at::Tensor(); }
  at::Tensor tap(const std::string&) const override { return {}; }
  at::Tensor start_tap(const std::string&) const override { return {}; }
  at::Tensor labels() const override { return {}; }
  const std::vector<int64_t>& offsets() const override { return none_; }
  const std::vector<int64_t>& start_offsets() const override { return none_; }
  const std::vector<int64_t>& examples() const override { return none_; }
  at::Tensor tensor(const std::string&) const override { return {}; }

 private:
  at::Tensor start_, now_;
  std::vector<int64_t> none_;
};

}  // namespace

TEST_CASE("distillation reads the kept heads, of the untouched model too, and no data of theirs") {
  const test::PluginRun run("distillation");
  const sdk::LossTerm& term = run.resolution.loss_terms.front().claim;
  CHECK(term.heads == std::vector<std::string>{"topics"});
  CHECK(term.start);
  CHECK(run.resolution.data_sets().empty());
  CHECK(run.resolution.schedulable == std::vector<std::string>{"distillation.weight"});
  CHECK(run.resolution.snapshot.size() == 5 + 32 + 2);
  CHECK(run.resolution.notes.front().second == "keeps the answers of the head of topics on the new task's inputs");
}

TEST_CASE("the divergence and its gradient are torch's") {
  for (const Json& golden : read_json(std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/divergence.json")) {
    const double temperature = golden.at("temperature").get<double>();
    INFO("temperature " << temperature);
    test::PluginRun run("distillation", {{"temperature", test::number(temperature)}});
    run.apply();
    const at::Tensor now = tensor_of(golden.at("now")).requires_grad_();
    const at::Tensor sum =
        run.strategies.bound().loss_terms.front().claim.loss(Logits(tensor_of(golden.at("start")), now));
    sum.backward();
    CHECK(sum.item<double>() == Approx(golden.at("sum").get<double>()).epsilon(1e-5));
    CHECK(at::allclose(now.grad(), tensor_of(golden.at("gradient")), 1e-5, 1e-6));
  }
}

TEST_CASE("distillation is refused where no head of an old task is kept, and without warmth") {
  sdk::ModelView view = model::bert_view(test::small_config());
  model::add_head_to_view(view, "questions", 6, model::HeadUse::trained);
  const Strategies strategies = Strategies::load({test::entry("distillation")}, {test::shipped_plugins()});
  CHECK(
      test::refusal<PluginError>([&] { strategies.plan(view); }) ==
      "recipe.lua:7: strategy 'distillation', plan: the model has no head of an old task whose answers could be kept. "
      "Fix: give the original task a head: head = \"from model\" or a probe");
  CHECK(test::refusal<RecipeError>([] {
          test::PluginRun run("distillation", {{"temperature", test::number(0)}});
        }) == "recipe.lua:8: distillation.temperature is 0 (allowed: 0.01 to 1000)");
}

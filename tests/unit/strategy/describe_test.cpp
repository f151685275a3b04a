// The table of `engram plan`, against committed texts. Set ENGRAM_WRITE_GOLDEN=1 to write them anew.
#include <cstdlib>

#include "base/files.hpp"
#include "claims.hpp"
#include "strategy/describe.hpp"
#include "strategy/strategies.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("ENGRAM_WRITE_GOLDEN") != nullptr) write_file_atomically(file, text);
  REQUIRE(text == read_file(file));
}

std::string described(const std::vector<StrategyClaims>& claims) { return describe(test::resolved(claims)); }

}  // namespace

TEST_CASE("the plan of full fine-tuning is one line for each part of the model") {
  check_golden("plan_full.txt", described({}));
}

TEST_CASE("the plan of LoRA shows the frozen model, its tensors, and the share that trains") {
  const Strategies lora =
      Strategies::load({test::entry("lora", {{"bias", test::string("all")}})}, {test::shipped_plugins()});
  check_golden("plan_lora.txt", described(lora.plan(test::small_view())));
}

TEST_CASE("the plan of gradual unfreezing with rates by block shows every block") {
  StrategyClaims claims{"gradual", {"recipe.lua", 7}, {}, {}};
  claims.plan.freeze("*");
  claims.plan.train("encoder.layer.1.*", {100, {}});
  claims.plan.train("pooler.*", {{}, 0.5});
  claims.plan.group("encoder.layer.1.*", 0.81, 0.01);
  claims.plan.group("pooler.*", 0.9);
  claims.plan.kept_tensor("importance", {3, 3}, "zeros");
  claims.plan.note("thaws from the top");
  check_golden("plan_gradual.txt", described({claims}));
}

TEST_CASE("the plan lists every claim beside what trains") {
  const auto anchored = test::claims(
      "ewc", 7,
      [](sdk::Plan& plan) {
        sdk::Pass batched = test::squares_of({{"pooler.*"}}, "topics", sdk::LabelMode::given);
        batched.name = "batched";
        batched.samples = 2000;
        batched.when = sdk::Pass::When::after_training;
        std::get<sdk::SquaredGradients>(batched.work).squares = sdk::SquareMode::batch_mean;
        plan.pass(test::squares_of({{"pooler.*"}}, "many"));
        plan.pass(batched);
        plan.pass({.name = "look", .data = "topics", .work = sdk::Forward{.visit = [](const sdk::ForwardView&) {}}});
        plan.carried_tensor("importance", {8, 8}, "squared gradients");
        plan.penalty({.name = "fisher", .weight = "lambda", .watched = {{"pooler.dense.weight", "importance"}}});
        plan.note("holds 1 tensor");
      },
      {{"lambda", 1.0}});
  const auto rest = test::claims("rest", 8,
                                 [](sdk::Plan& plan) {
                                   plan.mix({.data = "topics", .share = 0.1, .rows = 50});
                                   plan.loss_term({.name = "kl",
                                                   .weight = "weight",
                                                   .heads = {"topics"},
                                                   .taps = {"embeddings"},
                                                   .start = true,
                                                   .loss = [](const sdk::LossView&) { return at::Tensor(); }});
                                   plan.project({.name = "away", .project = [](sdk::GradEdit&) {}});
                                   plan.finish({.name = "sweep", .finish = [](sdk::FinishView&) {}});
                                 },
                                 {{"weight", 1.0}});
  check_golden("plan_claims.txt", described({anchored, rest}));
}

TEST_CASE("the plan of virtual tokens says how many stand where") {
  const auto prefixes = test::claims("prefix_tuning", 7, [](sdk::Plan& plan) {
    plan.tensor("keys", {2, 8}, "N(0, 1)");
    test::prefix_every_block(plan);
  });
  const auto prompt = test::claims("prompt_tuning", 7, [](sdk::Plan& plan) { plan.prompt(test::prompt(3)); });
  check_golden("plan_prefix.txt", described({prefixes}));
  CHECK(described({prompt}).find("prompt_tuning  prompt  3 tokens before every text\n") != std::string::npos);
}

TEST_CASE("the summary gives counts with separators and the share in percent") {
  Resolution resolution;
  ResolvedTensor frozen, trained;
  frozen.shape = {22715904};
  frozen.trainability = {{{}, false}};
  trained.shape = {76806};
  trained.trainability = {{{}, true}};
  resolution.tensors = {frozen, trained};
  REQUIRE(summary(resolution) == "trainable 76,806 of 22,792,710 (0.34 %)");
}

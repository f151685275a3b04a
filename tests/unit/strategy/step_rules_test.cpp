// What penalties, loss terms and virtual tokens have to name, and which copies of weights they need.
#include "claims.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
using test::claims;
using test::refused;
using test::resolved;

namespace {

const std::string kWeight = "pooler.dense.weight";  // (8, 8)
const std::map<std::string, sdk::Setting> kLambda = {{"lambda", 2.0}, {"samples", int64_t{5}}, {"data", "topics"}};

std::vector<StrategyClaims> with(const std::function<void(sdk::Plan&)>& fill,
                                 const std::map<std::string, sdk::Setting>& settings = kLambda) {
  return {claims("ewc", 7, fill, settings)};
}

sdk::Penalty pull(const std::vector<sdk::Watched>& watched, const std::string& weight = "lambda") {
  return {.name = "fisher", .weight = weight, .watched = watched};
}

at::Tensor no_loss(const sdk::LossView&) { return {}; }

sdk::LossTerm term(const std::string& name) {
  return {.name = name, .weight = "lambda", .heads = {"topics"}, .loss = no_loss};
}

}  // namespace

TEST_CASE("a penalty's weight is a number of the strategy, and a schedule may scale it") {
  const Resolution resolution = resolved(with([](sdk::Plan& plan) {
    plan.penalty(pull({{kWeight}}));
    plan.loss_term(term("kl"));
  }));
  REQUIRE(resolution.schedulable == std::vector<std::string>{"ewc.lambda"});
  const auto claim = [](sdk::Plan& plan) { plan.penalty(pull({{kWeight}}, "lamdba")); };
  REQUIRE(
      refused(with(claim)) ==
      "recipe.lua:7: strategy 'ewc': penalty 'fisher' has the weight 'lamdba', which is no number that the strategy "
      "declares; did you mean 'lambda'?. Fix: declare it by number() in the schema");
  const auto whole = [](sdk::Plan& plan) { plan.penalty(pull({{kWeight}}, "samples")); };
  REQUIRE(refused(with(whole)).find("the weight 'samples', which is no number") != std::string::npos);
  const auto negative = [](sdk::Plan& plan) { plan.penalty(pull({{kWeight}})); };
  REQUIRE(refused(with(negative, {{"lambda", -0.5}})) ==
          "recipe.lua:7: strategy 'ewc': penalty 'fisher' has the weight lambda = -0.5. Fix: a weight is 0 or greater");
}

TEST_CASE("a penalty watches parameters of the trunk, each once") {
  REQUIRE(refused(with([](sdk::Plan& plan) { plan.penalty(pull({})); })) ==
          "recipe.lua:7: strategy 'ewc': penalty 'fisher' watches no parameter");
  REQUIRE(refused(with([](sdk::Plan& plan) {
            plan.penalty(pull({{"pooler.dense.wieght"}, {"heads.topics.weight"}, {kWeight}, {kWeight}}));
          })) ==
          "recipe.lua:7: strategy 'ewc': penalty 'fisher' names the parameter 'pooler.dense.wieght', which the model "
          "does not have; did you mean 'pooler.dense.weight' or 'pooler.dense.bias'?\n"
          "recipe.lua:7: strategy 'ewc': penalty 'fisher' watches 'heads.topics.weight', which belongs to a head. Fix: "
          "watch parameters of the model: a new head has nothing to return to\n"
          "recipe.lua:7: strategy 'ewc': penalty 'fisher' watches 'pooler.dense.weight' twice");
}

TEST_CASE("importances and anchors are claimed tensors of the parameter's shape") {
  REQUIRE(
      refused(with([](sdk::Plan& plan) {
        plan.kept_tensor("importance", {8}, "");
        plan.penalty(pull({{kWeight, "importance", "anchr"}}));
      })) ==
      "recipe.lua:7: strategy 'ewc': penalty 'fisher': the importance 'importance' has the shape (8), but "
      "pooler.dense.weight has (8, 8)\n"
      "recipe.lua:7: strategy 'ewc': penalty 'fisher' names the tensor 'anchr', which was not claimed. Fix: claim it "
      "by plan.tensor() first");
}

TEST_CASE("a loss term reads heads and taps that exist, and has a function") {
  REQUIRE(refused(with([](sdk::Plan& plan) {
            plan.loss_term({.name = "kl", .weight = "lambda", .heads = {"topic"}, .taps = {"embedings"}, .loss = {}});
          })) ==
          "recipe.lua:7: strategy 'ewc': loss term 'kl' names the head 'topic', which the model does not have; did you "
          "mean 'topics'?\n"
          "recipe.lua:7: strategy 'ewc': loss term 'kl' names the tap 'embedings', which the model does not have; did "
          "you mean 'embeddings'?\n"
          "recipe.lua:7: strategy 'ewc': loss term 'kl' has no loss function");
}

TEST_CASE("penalties and loss terms of one strategy have names of their own") {
  REQUIRE(refused(with([](sdk::Plan& plan) {
            plan.penalty(pull({{kWeight}}));
            plan.loss_term(term("fisher"));
            plan.loss_term(term(""));
          })) ==
          "recipe.lua:7: strategy 'ewc': claims two penalties or loss terms named 'fisher'. Fix: give each its own "
          "name: reports show them by it\n"
          "recipe.lua:7: strategy 'ewc': claims a penalty or a loss term without a name");
}

TEST_CASE("projections and finishes have functions") {
  REQUIRE(refused(with([](sdk::Plan& plan) {
            plan.project({.name = "away", .project = {}});
            plan.finish({.name = "sweep", .finish = {}});
          })) ==
          "recipe.lua:7: strategy 'ewc': the projection 'away' has no function\n"
          "recipe.lua:7: strategy 'ewc': finish 'sweep' has no function");
}

TEST_CASE("prefixes sit at attention sites, one at each, with one number of tokens that leaves room for texts") {
  REQUIRE(
      refused(with([](sdk::Plan& plan) {
        plan.prefix(test::prefix(test::kAttention0, 3));
        plan.prefix(test::prefix(test::kAttention0, 3));
        plan.prefix(test::prefix(test::kAttention1, 4));
        plan.prefix(test::prefix("encoder.layer.0.atention", 3));
      })) ==
      "recipe.lua:7: strategy 'ewc': claims two prefixes of encoder.layer.0.attention. Fix: claim one for each "
      "attention site\n"
      "recipe.lua:7: strategy 'ewc': the prefix of encoder.layer.1.attention has 4 tokens, others have 3. Fix: give "
      "every prefix the same number of tokens: they shift all positions alike\n"
      "recipe.lua:7: strategy 'ewc': the prefix names the attention site 'encoder.layer.0.atention', which the model "
      "does not have; did you mean 'encoder.layer.0.attention' or 'encoder.layer.1.attention'?");
  REQUIRE(
      refused(with([](sdk::Plan& plan) { plan.prefix({.site = test::kAttention0, .tokens = 11, .source = {}}); })) ==
      "recipe.lua:7: strategy 'ewc': the prefix of encoder.layer.0.attention has 11 tokens. Fix: give 1 to 10 "
      "tokens: the model has 12 positions, and texts need some\n"
      "recipe.lua:7: strategy 'ewc': the prefix of encoder.layer.0.attention has no source function\n"
      "recipe.lua:7: strategy 'ewc': claims prefixes of 1 of 2 attention sites: no format of results holds that. "
      "Fix: claim a prefix at every attention site");
}

TEST_CASE("a strategy claims one prompt, of some tokens, from a function") {
  REQUIRE(
      refused(with([](sdk::Plan& plan) {
        plan.prompt({.tokens = 0, .source = {}});
        plan.prompt(test::prompt(2));
      })) ==
      "recipe.lua:7: strategy 'ewc': the prompt has 0 tokens. Fix: give 1 to 10 tokens: the model has 12 positions, "
      "and texts need some\n"
      "recipe.lua:7: strategy 'ewc': the prompt has no source function\n"
      "recipe.lua:7: strategy 'ewc': claims two prompts. Fix: claim one, of all its tokens");
}

TEST_CASE("prefixes and prompts leave only new heads of the model to train") {
  const std::vector<std::function<void(sdk::Plan&)>> both = {test::prefix_every_block,
                                                             [](sdk::Plan& plan) { plan.prompt(test::prompt(3)); }};
  for (const auto& fill : both) REQUIRE(resolved(with(fill)).trainable_count() == 6 * 8 + 6);
}

TEST_CASE("copies of start weights are made of what trains and is asked for, in forward order") {
  const auto freezing = claims("freezing", 8, [](sdk::Plan& plan) { plan.freeze("encoder.layer.0.*"); });
  const auto snapshot = [&](const std::function<void(sdk::Plan&)>& fill) {
    return resolved({claims("ewc", 7, fill, kLambda), freezing}).snapshot;
  };
  using Names = std::vector<std::string>;
  CHECK(snapshot([](sdk::Plan& plan) { plan.snapshot("*.query.bias"); }) == Names{test::kQuery1 + ".bias"});
  CHECK(snapshot([](sdk::Plan& plan) { plan.snapshot("heads.*.bias"); }) == Names{"heads.questions.bias"});
  CHECK(snapshot([](sdk::Plan& plan) {
          plan.penalty(pull({{kWeight}, {test::kQuery0 + ".bias"}, {"embeddings.LayerNorm.bias"}}));
        }) == Names{"embeddings.LayerNorm.bias", kWeight});
  CHECK(snapshot([](sdk::Plan& plan) {
          plan.kept_tensor("anchor", {8, 8}, "");
          plan.penalty(pull({{kWeight, "", "anchor"}}));
          plan.loss_term(term("kl"));
        }).empty());
  const Names trunk =
      snapshot([](sdk::Plan& plan) { plan.finish({.name = "sweep", .finish = [](sdk::FinishView&) {}}); });
  CHECK(trunk.size() == 5 + 16 + 2);
  sdk::LossTerm of_start = term("kl");
  of_start.start = true;
  CHECK(snapshot([&](sdk::Plan& plan) { plan.loss_term(of_start); }) == trunk);
  of_start.heads = {"questions"};
  CHECK(snapshot([&](sdk::Plan& plan) { plan.loss_term(of_start); }).size() == trunk.size() + 2);
  CHECK(
      refused(with([](sdk::Plan& plan) { plan.snapshot("poler.*"); })) ==
      "recipe.lua:7: strategy 'ewc': snapshot 'poler.*' matches no parameter; no name has a part 'poler'; did you mean "
      "'pooler'?");
}

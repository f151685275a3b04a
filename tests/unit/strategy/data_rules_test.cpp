// What passes and mixes may read.
#include "claims.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
using test::claims;
using test::refused;
using test::resolved;

namespace {

std::vector<StrategyClaims> with(const sdk::Pass& pass) {
  return {claims("ewc", 7, [&](sdk::Plan& plan) { plan.pass(pass); })};
}

std::vector<StrategyClaims> with(const sdk::Mix& mix) {
  return {claims("replay", 7, [&](sdk::Plan& plan) { plan.mix(mix); })};
}

const sdk::Pattern kPooler = {"pooler.*"};

}  // namespace

TEST_CASE("a pass's patterns become parameters in forward order, each once, without heads") {
  const Resolution resolution =
      resolved(with(test::squares_of({kPooler, {"*.bias"}, {"pooler.dense.bias"}}, "topics")));
  const ResolvedPass& pass = resolution.passes.front();
  REQUIRE(pass.strategy == "ewc");
  REQUIRE(pass.parameters.front() == "embeddings.LayerNorm.bias");
  REQUIRE(pass.parameters.back() == "pooler.dense.bias");
  REQUIRE(std::count(pass.parameters.begin(), pass.parameters.end(), "pooler.dense.bias") == 1);
  REQUIRE(pass.parameters.size() == 1 + 2 * 8 + 2);
  REQUIRE(resolution.data_sets() == std::vector<std::string>{"topics"});
}

TEST_CASE("automatic labels are exact up to 20 classes and sampled beyond") {
  REQUIRE(resolved(with(test::squares_of({kPooler}, "topics"))).passes[0].labels == sdk::LabelMode::exact);
  REQUIRE(resolved(with(test::squares_of({kPooler}, "many"))).passes[0].labels == sdk::LabelMode::sampled);
  REQUIRE(resolved(with(test::squares_of({kPooler}, "many", sdk::LabelMode::exact))).passes[0].labels ==
          sdk::LabelMode::exact);
}

TEST_CASE("a data set that the recipe does not have is refused with the nearest names") {
  REQUIRE(
      refused(with(test::squares_of({kPooler}, "topcis"))) ==
      "recipe.lua:7: strategy 'ewc': pass 'fisher' reads the data set 'topcis', which the recipe does not have; did "
      "you mean 'topics'?. Fix: add data.topcis with use = \"strategies\"");
  REQUIRE(
      refused(with(sdk::Mix{.data = "zzzzzz", .share = 0.1})) ==
      "recipe.lua:7: strategy 'replay': a mix reads the data set 'zzzzzz', which the recipe does not have. Fix: add "
      "data.zzzzzz with use = \"strategies\"");
}

TEST_CASE("nothing is measured under a head that knows nothing, but for after training") {
  sdk::Pass pass = test::squares_of({kPooler}, "new");
  REQUIRE(
      refused(with(pass)) ==
      "recipe.lua:7: strategy 'ewc': pass 'fisher' measures the data set 'new' before training, under the fresh head "
      "of the task 'questions', which knows nothing yet. Fix: name data of a task whose head comes from the model or "
      "from a probe");
  pass.when = sdk::Pass::When::after_training;
  REQUIRE(resolved(with(pass)).passes.size() == 1);
}

TEST_CASE("rows that are evaluated are neither measured from nor mixed in") {
  const std::string rest =
      " reads the data set 'scored', which is there to evaluate: its score would no longer tell anything. Fix: name "
      "rows that are not evaluated, with use = \"strategies\"";
  REQUIRE(refused(with(test::squares_of({kPooler}, "scored"))) == "recipe.lua:7: strategy 'ewc': pass 'fisher'" + rest);
  REQUIRE(refused(with(sdk::Mix{.data = "scored", .share = 0.1})) == "recipe.lua:7: strategy 'replay': a mix" + rest);
}

TEST_CASE("unlabelled rows are refused exactly where their labels would be used") {
  const std::string rest =
      " needs labels, but the data set 'bare' has none. Fix: name the column of its labels: "
      "data.bare.label";
  REQUIRE(refused(with(test::squares_of({kPooler}, "bare", sdk::LabelMode::given))) ==
          "recipe.lua:7: strategy 'ewc': pass 'fisher'" + rest);
  REQUIRE(refused(with(sdk::Mix{.data = "bare", .share = 0.1})) ==
          "recipe.lua:7: strategy 'replay': the mix of 'bare'" + rest);
  REQUIRE_NOTHROW(resolved(with(test::squares_of({kPooler}, "bare"))));
  REQUIRE_NOTHROW(resolved(with(test::squares_of({kPooler}, "bare", sdk::LabelMode::sampled))));
}

TEST_CASE("numbers of a pass or a mix that make no sense are refused") {
  sdk::Pass pass = test::squares_of({kPooler}, "topics");
  pass.samples = -1;
  pass.batch_size = 0;
  REQUIRE(refused(with(pass)) ==
          "recipe.lua:7: strategy 'ewc': pass 'fisher' has -1 samples. Fix: give at least 0\n"
          "recipe.lua:7: strategy 'ewc': pass 'fisher' has 0 samples in a batch. Fix: give at least 1");
  REQUIRE(refused(with(sdk::Mix{.data = "topics", .share = 0.91, .rows = -2})) ==
          "recipe.lua:7: strategy 'replay': the mix of 'topics' has -2 rows. Fix: give at least 0\n"
          "recipe.lua:7: strategy 'replay': the mix of 'topics' has the share 0.91. Fix: a share is greater than 0 and "
          "at most 0.9");
}

TEST_CASE("a pass over squared gradients names parameters of the trunk") {
  REQUIRE(refused(with(test::squares_of({}, "topics"))) ==
          "recipe.lua:7: strategy 'ewc': pass 'fisher' names no parameter");
  REQUIRE(refused(with(test::squares_of({{"pooler.dense.wieght"}}, "topics"))) ==
          "recipe.lua:7: strategy 'ewc': pass 'fisher', 'pooler.dense.wieght' matches no parameter; did you mean "
          "'pooler.dense.weight' or 'pooler.dense.bias'?");
}

TEST_CASE("squares of a batch's mean need one label for each sample") {
  sdk::Pass pass = test::squares_of({kPooler}, "topics");
  std::get<sdk::SquaredGradients>(pass.work).squares = sdk::SquareMode::batch_mean;
  REQUIRE(refused(with(pass)) ==
          "recipe.lua:7: strategy 'ewc': pass 'fisher' squares the gradient of a batch's mean loss under every label. "
          "Fix: give LabelMode given, sampled or predicted: a mean loss needs one label for each sample");
  std::get<sdk::SquaredGradients>(pass.work).labels = sdk::LabelMode::given;
  REQUIRE_NOTHROW(resolved(with(pass)));
}

TEST_CASE("a forward pass reads what the model has, and hands it to a function") {
  const sdk::Pass pass{.name = "look",
                       .data = "topics",
                       .work = sdk::Forward{.taps = {"encoder.layer.7"}, .inputs = {"pooler.desne"}, .visit = {}}};
  REQUIRE(
      refused(with(pass)) ==
      "recipe.lua:7: strategy 'ewc': pass 'look' names the tap 'encoder.layer.7', which the model does not have; did "
      "you mean 'encoder.layer.0' or 'encoder.layer.1'?\n"
      "recipe.lua:7: strategy 'ewc': pass 'look' names the linear site 'pooler.desne', which the model does not "
      "have; did you mean 'pooler.dense'?\n"
      "recipe.lua:7: strategy 'ewc': pass 'look' has no visit function");
}

TEST_CASE("two passes of one strategy have two names") {
  REQUIRE(refused({claims("ewc", 7, [](sdk::Plan& plan) {
            plan.pass(test::squares_of({kPooler}, "topics"));
            plan.pass(test::squares_of({kPooler}, "many"));
          })}) == "recipe.lua:7: strategy 'ewc': claims two passes named 'fisher'. Fix: give each its own name");
}

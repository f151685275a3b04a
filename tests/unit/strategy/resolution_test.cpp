// The rules of claims, one by one, on the small model.
#include "strategy/resolution.hpp"
#include "claims.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
using test::adapt_query;
using test::claims;
using test::kQuery0;
using test::kQuery1;
using test::refused;
using test::resolved;

namespace {

sdk::From step(int64_t at) { return {at, {}}; }
sdk::From epoch(double at) { return {{}, at}; }

}  // namespace

TEST_CASE("without strategies the trunk and the trained task's head train, and other heads never do") {
  const Resolution resolution = resolved({});
  for (const ResolvedTensor& tensor : resolution.tensors) {
    REQUIRE(tensor.owner == "default");
    REQUIRE(tensor.ever_trains() == (tensor.name.rfind("heads.topics.", 0) != 0));
  }
  REQUIRE(resolution.trainable_count() == resolution.total_count() - (4 * 8 + 4));
}

TEST_CASE("once a strategy adapts, of the model only new heads train") {
  const Resolution resolution = resolved({claims("lora", 7, adapt_query)});
  for (const ResolvedTensor& tensor : resolution.tensors) {
    const bool is_new_head = tensor.name.rfind("heads.questions.", 0) == 0;
    REQUIRE(tensor.ever_trains() == (is_new_head || tensor.claimed));
  }
  REQUIRE(resolution.trainable_count() == 2 * 8 + 8 * 2 + 6 * 8 + 6);
  REQUIRE(resolution.find("lora.a")->init == "uniform");
  REQUIRE(resolution.adapters.size() == 1);
}

TEST_CASE("a strategy that adapts may still train parts of the model") {
  const Resolution resolution = resolved({claims("lora", 7, [](sdk::Plan& plan) {
    adapt_query(plan);
    plan.train("*.query.bias");
  })});
  REQUIRE(resolution.find(kQuery1 + ".bias")->ever_trains());
  REQUIRE(resolution.find(kQuery1 + ".bias")->owner == "lora");
  REQUIRE_FALSE(resolution.find(kQuery1 + ".weight")->ever_trains());
}

TEST_CASE("within one strategy the later claim refines the earlier") {
  const Resolution resolution = resolved({claims("freezing", 7, [](sdk::Plan& plan) {
    plan.freeze("*");
    plan.train("encoder.layer.1.*");
    plan.freeze("encoder.layer.1.*.LayerNorm.*");
  })});
  REQUIRE_FALSE(resolution.find("embeddings.word_embeddings.weight")->ever_trains());
  REQUIRE(resolution.find(kQuery1 + ".weight")->ever_trains());
  REQUIRE_FALSE(resolution.find("encoder.layer.1.output.LayerNorm.bias")->ever_trains());
  REQUIRE(resolution.find("heads.questions.weight")->ever_trains());
}

TEST_CASE("training from a later step or epoch means not before") {
  const Resolution resolution = resolved({claims("gradual", 7, [](sdk::Plan& plan) {
    plan.train("encoder.layer.0.*", step(100));
    plan.train("encoder.layer.1.*", epoch(1.5));
  })});
  const ResolvedTensor& by_step = *resolution.find(kQuery0 + ".weight");
  REQUIRE_FALSE(by_step.trains_at(99, 9.0));
  REQUIRE(by_step.trains_at(100, 0.0));
  const ResolvedTensor& by_epoch = *resolution.find(kQuery1 + ".weight");
  REQUIRE_FALSE(by_epoch.trains_at(1000, 1.49));
  REQUIRE(by_epoch.trains_at(0, 1.5));
}

TEST_CASE("freezing and a later training step by one strategy make a timeline") {
  const Resolution resolution = resolved({claims("gradual", 7, [](sdk::Plan& plan) {
    plan.freeze("encoder.*");
    plan.train("encoder.layer.1.*", step(50));
    plan.train("encoder.layer.1.*", step(20));
  })});
  const ResolvedTensor& tensor = *resolution.find(kQuery1 + ".weight");
  REQUIRE_FALSE(tensor.trains_at(19, 0));
  REQUIRE(tensor.trains_at(20, 0));
  REQUIRE_FALSE(resolution.find(kQuery0 + ".weight")->trains_at(20, 0));
}

TEST_CASE("equal claims of two strategies merge") {
  const auto freeze = [](sdk::Plan& plan) { plan.freeze("embeddings.*"); };
  const Resolution resolution = resolved({claims("one", 7, freeze), claims("two", 8, freeze)});
  REQUIRE(resolution.find("embeddings.word_embeddings.weight")->owner == "one");
}

TEST_CASE("opposite claims of two strategies are refused, naming both with their lines") {
  REQUIRE(
      refused({claims("freezing", 7, [](sdk::Plan& plan) { plan.freeze("encoder.layer.0.*"); }),
               claims("gradual", 8, [](sdk::Plan& plan) { plan.train("encoder.*.query.*", step(10)); })}) ==
      "recipe.lua:8: two strategies disagree about 2 parameters (encoder.layer.0.attention.self.query.weight, "
      "encoder.layer.0.attention.self.query.bias): strategy 'freezing' (recipe.lua:7) says they train never, strategy "
      "'gradual' from step 10. Fix: narrow one of the two strategies, or drop it");
}

TEST_CASE("claims do not reach heads, and one that matches nothing else is refused") {
  const Resolution resolution = resolved({claims("freezing", 7, [](sdk::Plan& plan) { plan.freeze("*.weight"); })});
  REQUIRE(resolution.find("heads.questions.weight")->ever_trains());
  REQUIRE_FALSE(resolution.find("pooler.dense.weight")->ever_trains());
  REQUIRE(
      refused({claims("gradual", 7, [](sdk::Plan& plan) { plan.train("heads.topics.*"); })}) ==
      "recipe.lua:7: strategy 'gradual': train 'heads.topics.*' matches only heads: that of the trained task always "
      "trains, and the others never do. Fix: drop the claim, or match parameters of the model");
  REQUIRE(refused({claims("freezing", 7, [](sdk::Plan& plan) { plan.freeze("heads.questions.*"); })}) ==
          "recipe.lua:7: strategy 'freezing': freeze 'heads.questions.*' matches only heads: that of the trained task "
          "always "
          "trains, and the others never do. Fix: drop the claim, or match parameters of the model");
}

TEST_CASE("a start that makes no sense is refused") {
  REQUIRE(
      refused({claims("gradual", 7,
                      [](sdk::Plan& plan) {
                        plan.train("encoder.*", {5, 1.0});
                        plan.train("encoder.*", step(-1));
                        plan.train("encoder.*", epoch(-0.5));
                      })}) ==
      "recipe.lua:7: strategy 'gradual': train 'encoder.*' starts at a step and at an epoch. Fix: give one of the two\n"
      "recipe.lua:7: strategy 'gradual': train 'encoder.*' starts at step -1. Fix: steps count from 0\n"
      "recipe.lua:7: strategy 'gradual': train 'encoder.*' starts at epoch -0.5. Fix: epochs count from 0");
}

TEST_CASE("a pattern that matches nothing is refused with the nearest names") {
  REQUIRE(
      refused({claims("s", 7,
                      [](sdk::Plan& plan) {
                        plan.freeze("pooler.dense.wieght");
                        plan.train("encoder.*.qurey.*");
                        plan.group("encoder.layer.9.*", 0.5);
                        plan.freeze("*zzz*");
                      })}) ==
      "recipe.lua:7: strategy 's': freeze 'pooler.dense.wieght' matches no parameter; did you mean "
      "'pooler.dense.weight' "
      "or 'pooler.dense.bias'?\n"
      "recipe.lua:7: strategy 's': train 'encoder.*.qurey.*' matches no parameter; no name has a part 'qurey'; did you "
      "mean 'query'?\n"
      "recipe.lua:7: strategy 's': freeze '*zzz*' matches no parameter; names look like "
      "'embeddings.word_embeddings.weight'\n"
      "recipe.lua:7: strategy 's': group 'encoder.layer.9.*' matches no parameter; layers go from 0 to 1");
}

TEST_CASE("rate scales multiply over strategies, and the later of one strategy replaces its earlier") {
  const Resolution resolution =
      resolved({claims("one", 7,
                       [](sdk::Plan& plan) {
                         plan.group("*", 0.5);
                         plan.group("encoder.*", 0.25, 0.1);
                       }),
                claims("two", 8, [](sdk::Plan& plan) { plan.group("encoder.layer.1.*", 0.5, 0.1); })});
  REQUIRE(resolution.find("embeddings.word_embeddings.weight")->rate_scale == 0.5);
  REQUIRE(resolution.find(kQuery0 + ".weight")->rate_scale == 0.25);
  REQUIRE(resolution.find(kQuery1 + ".weight")->rate_scale == 0.125);
  REQUIRE(resolution.find(kQuery1 + ".weight")->weight_decay == 0.1);
  REQUIRE_FALSE(resolution.find("embeddings.word_embeddings.weight")->weight_decay.has_value());
}

TEST_CASE("a group may name claimed tensors") {
  const Resolution resolution = resolved({claims("lora", 7, [](sdk::Plan& plan) {
    adapt_query(plan);
    plan.group("lora.b", 16);
  })});
  REQUIRE(resolution.find("lora.b")->rate_scale == 16);
  REQUIRE(resolution.find("lora.a")->rate_scale == 1);
}

TEST_CASE("two weight decays for one parameter, and senseless groups, are refused") {
  REQUIRE(
      refused({claims("one", 7, [](sdk::Plan& plan) { plan.group("encoder.*", 1, 0.1); }),
               claims("two", 8, [](sdk::Plan& plan) { plan.group("*.query.weight", 1, 0.2); })}) ==
      "recipe.lua:8: strategy 'two': sets another weight decay than strategy 'one' (recipe.lua:7) for 2 tensors "
      "(encoder.layer.0.attention.self.query.weight, encoder.layer.1.attention.self.query.weight). Fix: let one of the "
      "two strategies set the weight decay");
  REQUIRE(
      refused({claims("one", 7, [](sdk::Plan& plan) { plan.group("encoder.*", 0, -1); })}) ==
      "recipe.lua:7: strategy 'one': group 'encoder.*' has the rate scale 0. Fix: a rate scale is greater than 0; to "
      "hold parameters still, freeze them\n"
      "recipe.lua:7: strategy 'one': group 'encoder.*' has the weight decay -1. Fix: a weight decay is 0 or greater");
}

TEST_CASE("claimed tensors live in their strategy's own space, and kept ones never train") {
  const auto claim = [](sdk::Plan& plan) {
    plan.tensor("state", {3}, "zeros");
    plan.kept_tensor("count", {1}, "zeros");
  };
  const Resolution resolution = resolved({claims("one", 7, claim), claims("two", 8, claim)});
  REQUIRE(resolution.find("one.state")->ever_trains());
  REQUIRE(resolution.find("two.count")->kept);
  REQUIRE_FALSE(resolution.find("two.count")->trains_at(0, 0));
  REQUIRE(resolution.total_count() - resolved({}).total_count() == 6);
}

TEST_CASE("claimed tensors that make no sense are refused") {
  REQUIRE(refused({claims("s", 7,
                          [](sdk::Plan& plan) {
                            plan.tensor("a", {2}, "");
                            plan.tensor("a", {3}, "");
                            plan.tensor("", {3}, "");
                            plan.tensor("b", {0, 4}, "");
                          })}) ==
          "recipe.lua:7: strategy 's': claims the tensor 'a' twice\n"
          "recipe.lua:7: strategy 's': claims a tensor without a name\n"
          "recipe.lua:7: strategy 's': claims the tensor 'b' with the shape (0, 4). Fix: every size is at least 1");
}

TEST_CASE("an adapter must fit its site and its tensors") {
  REQUIRE(
      refused({claims("lora", 7,
                      [](sdk::Plan& plan) {
                        plan.tensor("a", {2, 8}, "");
                        plan.tensor("b", {2, 8}, "");
                        plan.adapt("encoder.layer.0.attention.self.qurey", sdk::LowRank{"a", "b", 1, 0});
                        plan.adapt(kQuery0, sdk::LowRank{"a", "b", 1, 0});
                        plan.adapt(kQuery1, sdk::LowRank{"a", "c", 0, 1});
                        plan.adapt(kQuery1, sdk::Custom{{}, [](const sdk::AdapterPass& pass) { return pass.weight; }});
                      })}) ==
      "recipe.lua:7: strategy 'lora': adapts 'encoder.layer.0.attention.self.qurey', which is no linear site of the "
      "model; did you mean 'encoder.layer.0.attention.self.query', 'encoder.layer.1.attention.self.query' or "
      "'encoder.layer.0.attention.self.key'?\n"
      "recipe.lua:7: strategy 'lora': the adapter of encoder.layer.0.attention.self.query needs A (rank, 8) and B (8, "
      "rank), but A is (2, 8) and B (2, 8)\n"
      "recipe.lua:7: strategy 'lora': the adapter of encoder.layer.1.attention.self.query has the scale 0, so that it "
      "adds nothing usable\n"
      "recipe.lua:7: strategy 'lora': the adapter of encoder.layer.1.attention.self.query has dropout 1. Fix: dropout "
      "is "
      "at least 0 and below 1\n"
      "recipe.lua:7: strategy 'lora': the adapter of encoder.layer.1.attention.self.query names the tensor 'c', which "
      "was not claimed. Fix: claim it by plan.tensor() first\n"
      "recipe.lua:7: strategy 'lora': the adapter of encoder.layer.1.attention.self.query has no delta function");
}

TEST_CASE("a strategy named twice is refused, and nothing that follows from it") {
  REQUIRE(refused({claims("lora", 7, test::adapt_query), claims("lora", 8, test::adapt_query)}) ==
          "recipe.lua:8: the strategy 'lora' is named twice. Fix: name every strategy once");
}

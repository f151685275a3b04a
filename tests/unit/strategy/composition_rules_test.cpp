// The table of what does not go together, row by row: the text names both strategies, their lines and the fix.
#include "strategy/composition_rules.hpp"
#include "claims.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;
using test::claims;
using test::refused;
using test::resolved;

namespace {

StrategyClaims lora(int line) { return claims("lora", line, test::adapt_query); }

StrategyClaims prefixes(int line) { return claims("prefix_tuning", line, test::prefix_every_block); }

StrategyClaims prompt(int line) {
  return claims("prompt_tuning", line, [](sdk::Plan& plan) { plan.prompt(test::prompt(2)); });
}

StrategyClaims pull(int line, const std::string& watched) {
  return claims("ewc", line,
                [&](sdk::Plan& plan) { plan.penalty({.name = "fisher", .weight = "lambda", .watched = {{watched}}}); },
                {{"lambda", 1.0}});
}

StrategyClaims frozen(int line, const std::string& pattern) {
  return claims("freezing", line, [&](sdk::Plan& plan) { plan.freeze(pattern); });
}

StrategyClaims frozen_too(int line, const std::string& pattern) {
  return claims("freezing_too", line, [&](sdk::Plan& plan) { plan.freeze(pattern); });
}

StrategyClaims finish(int line) {
  return claims("weight_interpolation", line,
                [](sdk::Plan& plan) { plan.finish({.name = "sweep", .finish = [](sdk::FinishView&) {}}); });
}

StrategyClaims projection(const std::string& id, int line) {
  return claims(id, line, [](sdk::Plan& plan) { plan.project({.name = "away", .project = [](sdk::GradEdit&) {}}); });
}

StrategyClaims mix(const std::string& id, int line, double share) {
  return claims(id, line, [&](sdk::Plan& plan) { plan.mix({.data = "topics", .share = share}); });
}

// Reads the logits of a head, and trains a tensor of its own where one is asked for.
StrategyClaims term(int line, const std::string& head, bool own_tensor = false) {
  return claims("distillation", line,
                [&](sdk::Plan& plan) {
                  if (own_tensor) plan.tensor("projector", {8, 8}, "zeros");
                  plan.loss_term({.name = "kl", .weight = "weight", .heads = {head}, .loss = [](const sdk::LossView&) {
                                    return at::Tensor();
                                  }});
                },
                {{"weight", 1.0}});
}

}  // namespace

TEST_CASE("every row of the table has a test here") {
  REQUIRE(composition_rule_names() ==
          std::vector<std::string>{
              "one owner of virtual tokens", "one kind of virtual tokens", "no adapters beside virtual tokens",
              "no trained weights beside virtual tokens", "a penalty needs something to act on",
              "a loss term needs something to act on", "a mix of another task needs something to act on",
              "groups need something that trains", "a finish needs trained weights",
              "a finish needs weights without adapters", "one projection", "shares of at most 0.9"});
}

TEST_CASE("virtual tokens have one owner, whether prefixes or a prompt") {
  const std::string rest =
      " (recipe.lua:7) does: prefixes or a prompt belong to one strategy. Fix: keep one of the two";
  REQUIRE(refused({prefixes(7), prompt(8)}) ==
          "recipe.lua:8: strategy 'prompt_tuning': claims virtual tokens, as strategy 'prefix_tuning'" + rest);
  REQUIRE(refused({prompt(7), prefixes(8)}) ==
          "recipe.lua:8: strategy 'prefix_tuning': claims virtual tokens, as strategy 'prompt_tuning'" + rest);
}

TEST_CASE("one strategy claims prefixes or a prompt, not both") {
  REQUIRE(refused({claims("both", 7, [](sdk::Plan& plan) {
            test::prefix_every_block(plan);
            plan.prompt(test::prompt(2));
          })}) == "recipe.lua:7: strategy 'both': claims prefixes and a prompt at once. Fix: claim one of the two");
}

TEST_CASE("adapters and virtual tokens do not go together, in either order") {
  const auto text = [](int tokens, int adapters) {
    return "recipe.lua:" + std::to_string(tokens) +
           ": strategy 'prefix_tuning': claims virtual tokens while strategy 'lora' (recipe.lua:" +
           std::to_string(adapters) + ") adapts projections: no format of results holds both. Fix: keep one of the two";
  };
  REQUIRE(refused({lora(7), prefixes(8)}) == text(8, 7));
  REQUIRE(refused({prefixes(7), lora(8)}) == text(7, 8));
}

TEST_CASE("virtual tokens do not go together with trained weights of the model") {
  const auto thawing = claims("freezing", 8, [](sdk::Plan& plan) { plan.train("pooler.*", {100, {}}); });
  REQUIRE(
      refused({prompt(7), thawing}) ==
      "recipe.lua:7: strategy 'prompt_tuning': claims virtual tokens while strategy 'freezing' (recipe.lua:8) trains "
      "weights of the model (pooler.dense.weight, pooler.dense.bias): no format of results holds both. Fix: keep "
      "one of the two");
}

TEST_CASE("a penalty acts on what trains or is adapted, else it is refused with who holds it still") {
  REQUIRE_NOTHROW(resolved({lora(7), pull(8, test::kQuery0 + ".weight")}));
  REQUIRE_NOTHROW(resolved({frozen(7, "encoder.*"), pull(8, "pooler.dense.bias")}));
  const std::string what =
      "strategy 'ewc': the penalty 'fisher' has nothing to act on: nothing that it watches trains or is adapted, "
      "because "
      "of strategy ";
  const std::string fix = ". Fix: keep one of the two, or let some of the watched parameters train";
  REQUIRE(refused({prefixes(7), pull(8, test::kQuery0 + ".weight")}) ==
          "recipe.lua:8: " + what + "'prefix_tuning' (recipe.lua:7)" + fix);
  REQUIRE(refused({pull(7, test::kQuery1 + ".weight"), frozen(8, "encoder.*")}) ==
          "recipe.lua:7: " + what + "'freezing' (recipe.lua:8)" + fix);
  REQUIRE(refused({lora(7), pull(8, test::kQuery1 + ".weight")}) ==
          "recipe.lua:8: " + what + "'lora' (recipe.lua:7)" + fix);
}

TEST_CASE("a loss term acts on the model, on a head that trains or on its own tensors, else it is refused") {
  REQUIRE_NOTHROW(resolved({frozen(7, "encoder.*"), term(8, "topics")}));
  REQUIRE_NOTHROW(resolved({lora(7), term(8, "topics")}));
  REQUIRE_NOTHROW(resolved({prefixes(7), term(8, "topics")}));
  REQUIRE_NOTHROW(resolved({prompt(7), term(8, "topics")}));
  const std::vector<StrategyClaims> head_only = {frozen(7, "e*"), frozen_too(8, "pooler.*")};
  const auto beside = [&](StrategyClaims claim) {
    return std::vector<StrategyClaims>{head_only[0], head_only[1], std::move(claim)};
  };
  REQUIRE_NOTHROW(resolved(beside(term(9, "questions"))));
  REQUIRE_NOTHROW(resolved(beside(term(9, "topics", true))));
  REQUIRE(
      refused(beside(term(9, "topics"))) ==
      "recipe.lua:9: strategy 'distillation': the loss term 'kl' has nothing to act on: nothing of the model trains "
      "or is adapted, because of strategy 'freezing' (recipe.lua:7). Fix: keep one of the two, or let some of the "
      "model train");
}

TEST_CASE("a mix of another task acts on the model, else it is refused with who holds it still") {
  const auto of_new_task = claims("upsampling", 9, [](sdk::Plan& plan) { plan.mix({.data = "new", .share = 0.1}); });
  REQUIRE_NOTHROW(resolved({frozen(7, "encoder.*"), mix("replay", 8, 0.1)}));
  REQUIRE_NOTHROW(resolved({lora(7), mix("replay", 8, 0.1)}));
  REQUIRE_NOTHROW(resolved({prefixes(7), mix("replay", 8, 0.1)}));
  REQUIRE_NOTHROW(resolved({frozen(7, "e*"), frozen_too(8, "pooler.*"), of_new_task}));
  REQUIRE(
      refused({frozen(7, "e*"), frozen_too(8, "pooler.*"), mix("replay", 9, 0.1)}) ==
      "recipe.lua:9: strategy 'replay': the mix of 'topics' has nothing to act on: nothing of the model trains or is "
      "adapted, because of strategy 'freezing' (recipe.lua:7), and the head of its task is kept. Fix: keep one of "
      "the two, or let some of the model train");
}

TEST_CASE("rates of tensors that never train are refused, unless some of them train") {
  const auto rates = [](int line) {
    return claims("discriminative_lr", line, [](sdk::Plan& plan) {
      plan.group("encoder.layer.0.*", 0.5);
      plan.group("encoder.layer.1.*", 0.9);
      plan.group("heads.questions.*", 1);
    });
  };
  REQUIRE_NOTHROW(resolved({frozen(7, "encoder.layer.0.*"), rates(8)}));
  REQUIRE_NOTHROW(resolved({lora(7), rates(8)}));  // those of the adapted projection
  const std::string what =
      "strategy 'discriminative_lr': sets the rate or the decay of 32 tensors, none of which ever trains, because of "
      "strategy ";
  const std::string fix = ". Fix: keep one of the two, or let some of these tensors train";
  REQUIRE(refused({frozen(7, "encoder.*"), rates(8)}) == "recipe.lua:8: " + what + "'freezing' (recipe.lua:7)" + fix);
  REQUIRE(refused({rates(7), prefixes(8)}) == "recipe.lua:7: " + what + "'prefix_tuning' (recipe.lua:8)" + fix);
}

TEST_CASE("a finish needs weights of the model that train") {
  REQUIRE_NOTHROW(resolved({frozen(7, "encoder.*"), finish(8)}));
  const std::string what =
      "strategy 'weight_interpolation': the finish 'sweep' works with the model's trained weights, but none of them "
      "trains, because of strategy ";
  const std::string fix = ". Fix: keep one of the two: train weights of the model, or leave the finish out";
  REQUIRE(refused({lora(7), finish(8)}) == "recipe.lua:8: " + what + "'lora' (recipe.lua:7)" + fix);
  REQUIRE(refused({finish(7), frozen(8, "*")}) == "recipe.lua:7: " + what + "'freezing' (recipe.lua:8)" + fix);
}

TEST_CASE("a finish needs weights without adapters: it would leave them at full strength") {
  const auto biases = claims("biases", 8, [](sdk::Plan& plan) { plan.train("encoder.*.bias"); });
  const std::string what =
      "strategy 'weight_interpolation': the finish 'sweep' changes the model's weights alone, but what strategy ";
  const std::string rest = " adds to them would stay at full strength. Fix: keep one of the two";
  REQUIRE(refused({lora(7), biases, finish(9)}) == "recipe.lua:9: " + what + "'lora' (recipe.lua:7)" + rest);
  REQUIRE(refused({finish(6), biases, lora(9)}) == "recipe.lua:6: " + what + "'lora' (recipe.lua:9)" + rest);
}

TEST_CASE("one projection a run") {
  REQUIRE_NOTHROW(resolved({projection("agem", 7)}));
  REQUIRE(refused({projection("agem", 7), projection("osf", 8)}) ==
          "recipe.lua:8: strategy 'osf': changes the gradient after the penalties, as strategy 'agem' (recipe.lua:7) "
          "does: one projection a run. Fix: keep one of the two");
}

TEST_CASE("shares of all mixes leave something for the new task") {
  REQUIRE_NOTHROW(resolved({mix("replay", 7, 0.7), mix("rehearsal", 8, 0.2)}));
  REQUIRE(refused({mix("replay", 7, 0.5), mix("rehearsal", 8, 0.45)}) ==
          "recipe.lua:8: strategy 'rehearsal': its share and that of strategy 'replay' (recipe.lua:7) add to 0.95: too "
          "little is left for the new task. Fix: lower the shares, so that they add to at most 0.9");
}

TEST_CASE("what is said of a projection's weight also holds for its adapters, custom ones by the site's name") {
  const auto rates = claims("discriminative_lr", 8, [](sdk::Plan& plan) {
    plan.group("encoder.layer.0.*", 0.5, 0.1);
    plan.group(test::kQuery1 + ".weight", 0.25);
  });
  const auto custom = claims("scaler", 9, [](sdk::Plan& plan) {
    plan.tensor(test::kQuery1 + ".s", {8}, "zeros");
    plan.tensor("other", {8}, "zeros");
    plan.adapt(test::kQuery1, sdk::Custom{[](const auto&, const at::Tensor& x, const auto&) { return x; },
                                          [](const sdk::AdapterPass& pass) { return pass.weight; }});
  });
  const Resolution resolution = resolved({lora(7), rates, custom});
  REQUIRE(resolution.find("lora.a")->rate_scale == 0.5);
  REQUIRE(resolution.find("lora.b")->weight_decay == 0.1);
  REQUIRE(resolution.find("scaler." + test::kQuery1 + ".s")->rate_scale == 0.25);
  REQUIRE(resolution.find("scaler.other")->rate_scale == 1);
}

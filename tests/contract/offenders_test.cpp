// The contract suite notices every way to break it, and says which rule, family and tensor.
#include <engram/sdk/testing.hpp>

#include <set>

#include "support/catch.hpp"

using namespace engram;

namespace {

const std::filesystem::path kOffender =
    std::filesystem::path(ENGRAM_FIXTURES) / "breaks_contract/breaks_contract.engram.so";

std::vector<sdk::ContractResult> broken_by(const std::string& rule) {
  std::vector<sdk::ContractResult> broken;
  for (const sdk::ContractResult& result : sdk::run_contract({kOffender, {{"rule", rule}}})) {
    if (result.outcome == sdk::ContractOutcome::broken) broken.push_back(result);
  }
  return broken;
}

struct Offence {
  std::string option;
  std::set<std::string> rules;  // every rule that it breaks
  std::string why;              // a part of what is told
};

}  // namespace

TEST_CASE("a plugin that keeps every rule passes") {
  const auto results = sdk::run_contract({kOffender, {}});
  INFO(sdk::contract_text(results));
  CHECK(sdk::contract_kept(results));
  CHECK(results.size() == 11 * sdk::contract_families().size());
  for (const sdk::ContractResult& result : results) CHECK(result.outcome == sdk::ContractOutcome::kept);
}

TEST_CASE("each rule can be broken, and the text says by what") {
  const std::string detach = "detached, the model is what its weights say";
  const std::string end = "the end of a run leaves the weights alone";
  const std::string frozen = "encoder.layer.0.output.dense.weight";
  const std::vector<Offence> offences = {
      {"plan", {"plan is pure and repeatable"}, "a second plan() of the same object gives, as claim 2, 'tensor seen"},
      {"seed", {"the same seed gives the same start"}, "breaks_contract.seen differs by up to"},
      {"identity", {"the model starts as it was"}, "before the first step a logit differs by"},
      {"claimed", {"only claimed parameters change", detach}, "step 3: " + frozen + " changed"},
      {"state", {"a restored run takes the same next step"}, "breaks_contract.seen differs by up to"},
      {"merge", {"merged weights do what the adapters do"}, "a logit differs by"},
      {"end", {end, detach}, frozen + " differs"},
      {"detach", {"merged weights do what the adapters do", detach}, "for the kept task"},
      {"name", {end}, "the candidate 'other' gives weights for '" + frozen + "', which is no parameter that trained"},
      {"shape", {end}, "the candidate 'part' gives 'encoder.layer.1.output.dense.weight' another shape"},
      {"values", {end}, "gives 'encoder.layer.1.output.dense.weight' values that are not finite"},
  };
  for (const Offence& offence : offences) {
    const std::vector<sdk::ContractResult> broken = broken_by(offence.option);
    INFO("the offence " << offence.option << "\n" << sdk::contract_text(broken));
    std::set<std::string> rules;
    for (const sdk::ContractResult& result : broken) rules.insert(result.rule);
    CHECK(rules == offence.rules);
    CHECK(sdk::contract_text(broken).find(offence.why) != std::string::npos);
    for (const sdk::ContractResult& result : broken) CHECK(result.family == "bert");
  }
}

TEST_CASE("finish claims come before end(), as in a run") { CHECK(broken_by("order").empty()); }

TEST_CASE("gradients that are not finite are told by step and tensor") {
  const std::vector<sdk::ContractResult> broken = broken_by("finite");
  REQUIRE_FALSE(broken.empty());
  INFO(sdk::contract_text(broken));
  CHECK(broken.front().rule == "loss and gradients are finite");
  CHECK(broken.front().why.find("step 1: the gradient of breaks_contract.delta is not finite") != std::string::npos);
}

TEST_CASE("what builds on a broken rule is not reached") {
  const auto results = sdk::run_contract({kOffender, {{"rule", std::string("match")}}});
  REQUIRE(results.size() == 11);
  CHECK(results[2].rule == "the claims match the model");
  CHECK(results[2].outcome == sdk::ContractOutcome::broken);
  CHECK(results[2].why.find("'encoder.layer.9.*'") != std::string::npos);
  CHECK(results[3].outcome == sdk::ContractOutcome::not_reached);
  CHECK(results.back().why == "it builds on 'the claims match the model'");
}

TEST_CASE("options that the plugin does not know, and files that are no plugin, break the first rule") {
  const auto unknown = sdk::run_contract({kOffender, {{"rul", std::string("plan")}}});
  CHECK(unknown.front().outcome == sdk::ContractOutcome::broken);
  CHECK(unknown.front().why.find("did you mean 'rule'?") != std::string::npos);
  const auto missing = sdk::run_contract({.plugin = "nowhere/none.engram.so"});
  CHECK(missing.front().rule == "the plugin loads with these settings");
  CHECK(missing.front().why.find("there is no plugin file") != std::string::npos);
  CHECK_FALSE(sdk::contract_kept(missing));
}

TEST_CASE("results are one line each, and the reason stands below") {
  const std::string text =
      sdk::contract_text({{"plan is pure and repeatable", "bert", sdk::ContractOutcome::kept, ""},
                          {"the claims match the model", "bert", sdk::ContractOutcome::broken, "because"}});
  CHECK(text ==
        "bert  kept         plan is pure and repeatable\n"
        "bert  BROKEN       the claims match the model\n      because\n");
}

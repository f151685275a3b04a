// What a run trained, in PEFT's files.
#include "checkpoint/trained_adapter.hpp"

#include "adapter_support.hpp"
#include "checkpoint/deployable.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

// A run with LoRA of these options after a few steps, and its adapter in a folder.
struct Written {
  explicit Written(const Json& options) {
    TinyRun run = tiny_run({strategy_entry("lora", options)}, at::kCPU);
    run.settings.learning_rate = 0.02;
    const auto trainer = run.trainer();
    for (int step = 0; step < 4; ++step) trainer->step({});
    REQUIRE(checkpoint::fits_peft(run.resolution, run.model->view()));
    const auto trained =
        checkpoint::trained_adapter(*run.model, run.resolution, run.strategies.claimed_tensors(), kTask, "base");
    CHECK(trained.not_held.empty());
    CHECK(trained.adapter.peft_type == "LORA");
    checkpoint::write_adapter(folder(), trained.adapter, run.model->view());
    logits = first_logits(*run.model);
    config = read_json(folder() / "adapter_config.json");
  }
  const fs::path& folder() const { return scratch.path; }

  Scratch scratch;
  at::Tensor logits;
  Json config;
};

bool fits(const std::vector<recipe::StrategyEntry>& entries) {
  const TinyRun run = tiny_run(entries, at::kCPU);
  return checkpoint::fits_peft(run.resolution, run.model->view());
}

}  // namespace

TEST_CASE("an adapter that was written reads back to the same logits") {
  const std::vector<std::pair<std::string, Json>> cases = {
      {"plain", {{"rank", 4}}},
      {"rslora", {{"rank", 4}, {"rslora", true}, {"bias", "lora_only"}}},
      {"dora", {{"rank", 4}, {"dora", true}, {"targets", "all-linear"}, {"bias", "all"}}},
      {"patterns",
       {{"rank", 4},
        {"alpha", 6},
        {"rslora", true},
        {"dora", true},
        {"rank_pattern", {{"query", 2}}},
        {"alpha_pattern", {{"1.attention.self.value", 3}}}}}};
  for (const auto& [name, options] : cases) {
    INFO(name);
    const Written result(options);
    CHECK(at::allclose(logits_with(result.folder()), result.logits, 1e-6, 1e-6));
    CHECK_FALSE(at::allclose(first_logits(*base_model()), result.logits, 1e-3, 1e-3));
  }
}

TEST_CASE("the config says rsLoRA, DoRA and patterns as peft would, alphas as the recipe wrote them") {
  const Json config = Written({{"rank", 3},
                               {"alpha", 6},
                               {"dropout", 0.25},
                               {"rslora", true},
                               {"dora", true},
                               {"rank_pattern", {{"value", 5}}},
                               {"alpha_pattern", {{"0.attention.self.value", 7}}}})
                          .config;
  CHECK(config.at("use_rslora") == true);
  CHECK(config.at("use_dora") == true);
  CHECK(config.at("r") == 3);
  CHECK(config.at("lora_alpha") == 6);
  CHECK(config.at("lora_dropout") == 0.25);
  CHECK(config.at("bias") == "none");
  CHECK(config.at("rank_pattern") ==
        Json{{"bert.encoder.layer.0.attention.self.value", 5}, {"bert.encoder.layer.1.attention.self.value", 5}});
  CHECK(config.at("alpha_pattern") == Json{{"bert.encoder.layer.0.attention.self.value", 7}});
  const Json plain = Written({{"rank", 8}, {"alpha", 0.3}, {"bias", "all"}}).config;
  CHECK(plain.at("use_rslora") == false);
  CHECK(plain.at("use_dora") == false);
  CHECK(plain.at("lora_alpha") == 0.3);
  CHECK(plain.at("bias") == "all");
  CHECK(plain.at("target_modules") ==
        Json{"bert.encoder.layer.0.attention.self.query", "bert.encoder.layer.0.attention.self.value",
             "bert.encoder.layer.1.attention.self.query", "bert.encoder.layer.1.attention.self.value"});
}

TEST_CASE("a rank that most sites share is the common one, the others are spelled out") {
  const Json config = Written({{"rank", 3}, {"targets", "all-linear"}, {"rank_pattern", {{"query", 2}}}}).config;
  CHECK(config.at("r") == 3);
  CHECK(config.at("rank_pattern").size() == 2);
}

TEST_CASE("what peft has no adapter for does not fit its format") {
  CHECK(fits({strategy_entry("lora", {{"dora", true}})}));
  CHECK(fits({strategy_entry("discriminative_lr", Json::object()), strategy_entry("lora", Json::object())}));
  CHECK_FALSE(fits({}));
  CHECK_FALSE(fits({strategy_entry("lora", Json::object()), strategy_entry("freezing", {{"keep", "last 1 block"}})}));
  // A custom adapter of a kind that peft does not know, or whose tensors were never claimed.
  TinyRun run = tiny_run({strategy_entry("lora", {{"dora", true}})}, at::kCPU);
  auto& custom = std::get<sdk::Custom>(run.resolution.adapters.front().adapt.adapter);
  custom.magnitude = "nowhere";
  CHECK_FALSE(checkpoint::fits_peft(run.resolution, run.model->view()));
  custom.peft_kind = "hypernetwork";
  CHECK_FALSE(checkpoint::fits_peft(run.resolution, run.model->view()));
}

TEST_CASE("biases fit peft's format where they are those of the adapted sites, or all") {
  CHECK(fits({strategy_entry("lora", {{"bias", "lora_only"}})}));
  CHECK(fits({strategy_entry("lora", {{"bias", "all"}})}));
  TinyRun run = tiny_run({strategy_entry("lora", {{"bias", "lora_only"}})}, at::kCPU);
  for (strategy::ResolvedTensor& tensor : run.resolution.tensors) {
    if (tensor.name == "encoder.layer.0.attention.self.query.bias")
      tensor.trainability = {{.from = {}, .trains = false}};
  }
  CHECK_FALSE(checkpoint::fits_peft(run.resolution, run.model->view()));
}

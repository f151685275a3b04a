// PEFT's adapter files: what is written reads back to the same model, what peft wrote gives peft's logits, and what
// cannot be used is refused.
#include "checkpoint/peft_adapter.hpp"

#include <ATen/core/grad_mode.h>

#include <unistd.h>

#include <functional>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "checkpoint/peft_config.hpp"
#include "model/safetensors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "wind";

// An empty folder of this test's own.
fs::path scratch(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("engram_peft_adapter_" + std::to_string(getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

fs::path peft_folder() { return fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/peft_adapter"; }

std::unique_ptr<model::Model> base_model() {
  auto model = model::load_model(golden_folder() / "model", kTask);
  model->set_dropout(0);
  return model;
}

at::Tensor first_logits(const model::Model& model, int64_t count) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < count; ++row) rows.push_back(row);
  return model.logits(data::pack(golden_examples(), rows), kTask, {});
}

// The base model with what an adapter's folder holds.
std::unique_ptr<model::Model> with_adapter(const fs::path& folder) {
  auto model = base_model();
  const checkpoint::PeftAdapter adapter = checkpoint::read_peft_adapter(folder, model->view(), kTask);
  for (const checkpoint::PeftUpdate& update : adapter.updates) model->attach(update.site, update.bound(at::kCPU));
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : adapter.parameters) model->parameter(entry.name).copy_(entry.tensor);
  return model;
}

// A run with LoRA of these options after a few steps, and its adapter in a folder.
struct Written {
  fs::path folder;
  at::Tensor logits;
  Json config;
};

Written written(const std::string& name, const Json& options) {
  TinyRun run = tiny_run({strategy_entry("lora", options)}, at::kCPU);
  run.settings.learning_rate = 0.02;
  const auto trainer = run.trainer();
  for (int step = 0; step < 4; ++step) trainer->step({});
  REQUIRE(checkpoint::fits_peft(run.resolution, run.model->view()));
  Written result{.folder = scratch(name), .logits = first_logits(*run.model, 8)};
  checkpoint::write_peft_adapter(result.folder, *run.model, run.resolution, run.strategies.claimed_tensors(), kTask,
                                 "base");
  result.config = read_json(result.folder / "adapter_config.json");
  return result;
}

// PEFT's own adapter with its config or its tensors changed.
fs::path changed(const std::string& name, const std::function<void(Json&, std::vector<model::NamedTensor>&)>& change) {
  const fs::path folder = scratch(name);
  Json config = read_json(peft_folder() / "adapter_config.json");
  const model::SafetensorsFile file(peft_folder() / "adapter_model.safetensors");
  std::vector<model::NamedTensor> tensors;
  for (const auto& entry : file.header().entries) tensors.push_back({entry.name, file.tensor(entry.name)});
  change(config, tensors);
  write_file_atomically(folder / "adapter_config.json", config.dump(2));
  model::write_safetensors(folder / "adapter_model.safetensors", tensors);
  return folder;
}

std::string refusal(const std::string& name,
                    const std::function<void(Json&, std::vector<model::NamedTensor>&)>& change) {
  const fs::path folder = changed(name, change);
  try {
    checkpoint::read_peft_adapter(folder, base_model()->view(), kTask);
  } catch (const DataError& error) {
    std::string text;
    for (const Fault& fault : error.faults()) {
      text += (text.empty() ? "" : "; ") + fault.what.substr(std::string("the adapter cannot be used: ").size());
      if (!fault.allowed.empty()) text += " (" + fault.allowed + ")";
    }
    return text;
  }
  return "accepted";
}

std::string config_refusal(const std::string& key, const Json& value) {
  return refusal("config", [&](Json& config, auto&) { config[key] = value; });
}

model::NamedTensor& named(std::vector<model::NamedTensor>& tensors, const std::string& ending) {
  for (model::NamedTensor& entry : tensors) {
    if (entry.name.ends_with(ending)) return entry;
  }
  throw std::out_of_range(ending);
}

const std::string kQuery0 = "encoder.layer.0.attention.self.query";

}  // namespace

TEST_CASE("an adapter that peft saved, with DoRA, rsLoRA, patterns and biases, gives peft's logits") {
  const Json golden = read_json(peft_folder() / "logits.json");
  std::vector<float> flat;
  for (const Json& row : golden) {
    for (const Json& value : row) flat.push_back(value.get<float>());
  }
  const at::Tensor expected = at::tensor(flat).reshape({8, 3});
  CHECK(at::allclose(first_logits(*with_adapter(peft_folder()), 8), expected, 1e-5, 1e-5));
  CHECK_FALSE(at::allclose(first_logits(*base_model(), 8), expected, 1e-2, 1e-2));
}

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
    const Written result = written(name, options);
    CHECK(at::allclose(first_logits(*with_adapter(result.folder), 8), result.logits, 1e-6, 1e-6));
    CHECK_FALSE(at::allclose(first_logits(*base_model(), 8), result.logits, 1e-3, 1e-3));
  }
}

TEST_CASE("the config says rsLoRA, DoRA and patterns as peft would, alphas as the recipe wrote them") {
  const Json config = written("config", {{"rank", 3},
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
  CHECK(config.at("rank_pattern") ==
        Json{{"bert.encoder.layer.0.attention.self.value", 5}, {"bert.encoder.layer.1.attention.self.value", 5}});
  CHECK(config.at("alpha_pattern") == Json{{"bert.encoder.layer.0.attention.self.value", 7}});
  const Json plain = written("plain_config", {{"rank", 8}, {"alpha", 0.3}}).config;
  CHECK(plain.at("use_rslora") == false);
  CHECK(plain.at("use_dora") == false);
  CHECK(plain.at("lora_alpha") == 0.3);
}

TEST_CASE("what peft has no adapter for does not fit its format") {
  const auto fits = [](const std::vector<recipe::StrategyEntry>& entries) {
    const TinyRun run = tiny_run(entries, at::kCPU);
    return checkpoint::fits_peft(run.resolution, run.model->view());
  };
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

TEST_CASE("a config that says something else than engram computes is refused") {
  CHECK(config_refusal("peft_type", "IA3") == "peft_type is 'IA3' (LORA)");
  CHECK(config_refusal("fan_in_fan_out", true) == "fan_in_fan_out is true (null, false or empty)");
  CHECK(config_refusal("use_qalora", true) == "use_qalora is true (null, false or empty)");
  CHECK(config_refusal("a_key_of_next_year", 7) == "a_key_of_next_year is 7 (null, false or empty)");
  CHECK(config_refusal("a_key_of_next_year", nullptr) == "accepted");
  CHECK(config_refusal("init_lora_weights", "pissa") ==
        "init_lora_weights is \"pissa\", which changes the base model's weights (true, false, \"gaussian\", "
        "\"orthogonal\", \"eva\")");
  CHECK(config_refusal("use_dora", "yes").find("use_dora is \"yes\" (true or false)") == 0);
  CHECK(config_refusal("lora_alpha", "six").find("lora_alpha is \"six\" (a number)") == 0);
  CHECK(config_refusal("alpha_pattern", {{"(query", 1}}).find("alpha_pattern has the key '(query'") == 0);
  CHECK(config_refusal("rank_pattern", {{"1.output.dense", 3}}) ==
        "the config gives bert.encoder.layer.0.attention.self.value the rank 4, the file 2; the config gives "
        "bert.encoder.layer.1.attention.self.value the rank 4, the file 2");
}

TEST_CASE("tensors that are missing, unexpected or misshapen are refused, all of them at once") {
  CHECK(refusal("missing",
                [](Json&, auto& tensors) {
                  std::erase_if(tensors, [](const model::NamedTensor& entry) {
                    return entry.name.ends_with("0.output.dense.lora_B.weight") ||
                           entry.name.ends_with("classifier.bias") ||
                           entry.name.ends_with("1.output.dense.lora_magnitude_vector");
                  });
                }) ==
        "the site 'encoder.layer.0.output.dense' has no lora_B; the site 'encoder.layer.1.output.dense' has no "
        "lora_magnitude_vector; the key 'base_model.model.classifier.bias' is missing");
  CHECK(
      refusal(
          "unexpected",
          [](Json& config, auto& tensors) {
            tensors.push_back({"base_model.model.bert.encoder.layer.9.output.dense.lora_A.weight", at::ones({4, 64})});
            tensors.push_back({"base_model.model.bert.extra", at::ones({1})});
            config["lora_dropout"] = 0.5;
          }) ==
      "the model has no linear site 'encoder.layer.9.output.dense'; the key 'base_model.model.bert.extra' is "
      "unexpected");
  CHECK(refusal("misshapen",
                [](Json&, auto& tensors) {
                  named(tensors, kQuery0 + ".lora_B.weight").tensor = at::ones({32, 3});
                  named(tensors, kQuery0 + ".base_layer.bias").tensor = at::ones({31});
                }) == "the shape of 'base_model.model.bert." + kQuery0 +
                          ".base_layer.bias' does not fit; the shapes at '" + kQuery0 +
                          "' do not fit (A (rank, 32), B (32, rank), magnitudes (32))");
  CHECK(refusal("no_dora", [](Json& config, auto&) {
          config["use_dora"] = false;
        }).find("lora_magnitude_vector' is unexpected") != std::string::npos);
}

TEST_CASE("an adapter's folder says its type") { CHECK(checkpoint::peft_type_of(peft_folder()) == "LORA"); }

// Every shipped strategy keeps the contract, with each of the settings that change what it claims.
#include <engram/sdk/testing.hpp>

#include <set>

#include "support/catch.hpp"

using namespace engram;
using namespace std::string_literals;

namespace {

using Strings = std::vector<std::string>;
using Settings = std::map<std::string, sdk::Setting>;

enum class Start { as_it_was, changed };

struct Shipped {
  std::string id;
  Settings settings;
  Start start = Start::as_it_was;
};

const std::string kOriginal = "original_train";

std::vector<Shipped> cases() {
  return {
      {"lora", {}},
      {"lora", {{"rank", int64_t{4}}, {"targets", "all-linear"s}, {"bias", "lora_only"s}}},
      {"lora", {{"rslora", true}, {"bias", "all"s}, {"targets", Strings{"dense"}}}},
      {"lora", {{"dora", true}}},
      {"lora", {{"dora", true}, {"targets", "all-linear"s}, {"dropout", 0.0}}},
      {"lora", {{"layers", std::vector<int64_t>{1}}, {"rank_pattern", std::map<std::string, double>{{"query", 2}}}}},
      {"prefix_tuning", {{"tokens", int64_t{3}}}, Start::changed},
      {"prefix_tuning", {{"tokens", int64_t{3}}, {"mlp", true}}, Start::changed},
      {"prefix_tuning", {{"tokens", int64_t{3}}, {"init", "activations"s}, {"init_data", kOriginal}}, Start::changed},
      {"prompt_tuning", {{"tokens", int64_t{3}}}, Start::changed},
      {"prompt_tuning", {{"tokens", int64_t{3}}, {"init", "vocabulary"s}}, Start::changed},
      {"prompt_tuning", {{"tokens", int64_t{3}}, {"init", "text"s}, {"init_text", "a tone"s}}, Start::changed},
      {"ewc", {{"data", kOriginal}}},
      {"ewc", {{"data", kOriginal}, {"estimator", "exact"s}, {"embeddings", false}}},
      {"ewc", {{"data", kOriginal}, {"estimator", "sampled"s}, {"samples", int64_t{8}}}},
      {"ewc", {{"data", kOriginal}, {"estimator", "empirical"s}}},
      {"ewc", {{"data", kOriginal}, {"estimator", "predicted"s}}},
      {"ewc", {{"data", kOriginal}, {"estimator", "batched"s}, {"batch_size", int64_t{4}}}},
      {"freezing", {{"keep", "last 1 blocks"s}}},
      {"freezing", {{"keep", "last 1 blocks"s}, {"every_steps", int64_t{2}}}},
      {"freezing", {{"freeze", Strings{"*.bias"}}, {"embeddings", "frozen"s}}},
      {"discriminative_lr", {}},
      {"discriminative_lr", {{"decay", 0.5}, {"weight_decay", std::map<std::string, double>{{"blocks", 0.1}}}}},
      {"replay", {{"data", kOriginal}}},
      {"replay", {{"data", kOriginal}, {"share", 0.4}, {"rows", int64_t{5}}}},
      {"l2_sp", {}},
      {"distillation", {}},
      {"weight_interpolation", {}},
  };
}

std::filesystem::path plugin(const std::string& id) {
  return std::filesystem::path(ENGRAM_PLUGINS) / (id + ".engram.so");
}

}  // namespace

TEST_CASE("every shipped strategy keeps the contract") {
  for (const Shipped& shipped : cases()) {
    const auto results = sdk::run_contract({plugin(shipped.id), shipped.settings, shipped.start == Start::as_it_was});
    std::string settings;
    for (const auto& [name, value] : shipped.settings) settings += " " + name;
    INFO(shipped.id << " with" << (settings.empty() ? " its defaults" : settings) << "\n"
                    << sdk::contract_text(results));
    CHECK(sdk::contract_kept(results));
  }
}

TEST_CASE("no shipped strategy is left out") {
  std::set<std::string> tested, shipped;
  for (const Shipped& entry : cases()) tested.insert(entry.id);
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(ENGRAM_SOURCE_DIR) / "plugins")) {
    if (file.is_directory()) shipped.insert(file.path().filename().string());
  }
  CHECK(tested == shipped);
}

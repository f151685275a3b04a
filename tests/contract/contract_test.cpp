// Every shipped strategy keeps the contract, with each of the settings that change what it claims.
#include <engram/sdk/testing.hpp>

#include <set>

#include "support/catch.hpp"

using namespace engram;

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
      {"lora", {{"rank", int64_t{4}}, {"targets", std::string("all-linear")}, {"bias", std::string("lora_only")}}},
      {"lora", {{"rslora", true}, {"bias", std::string("all")}, {"targets", Strings{"dense"}}}},
      {"lora", {{"dora", true}}},
      {"lora", {{"dora", true}, {"targets", std::string("all-linear")}, {"dropout", 0.0}}},
      {"prefix_tuning", {{"tokens", int64_t{3}}}, Start::changed},
      {"prefix_tuning", {{"tokens", int64_t{3}}, {"mlp", true}}, Start::changed},
      {"prompt_tuning", {{"tokens", int64_t{3}}}, Start::changed},
      {"ewc", {{"data", kOriginal}}},
      {"ewc", {{"data", kOriginal}, {"estimator", std::string("empirical")}, {"samples", int64_t{8}}}},
      {"ewc", {{"data", kOriginal}, {"estimator", std::string("sampled")}}},
      {"freezing", {{"embeddings", true}}},
      {"discriminative_lr", {}},
      {"replay", {{"data", kOriginal}, {"share", 0.25}}},
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

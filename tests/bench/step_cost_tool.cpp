// What a step costs with EWC's penalty against without, and under strict plugin checks against the usual ones: medians
// of optimizer steps, in one process, steps taken in turn.
//
//   bench_step_cost MODEL_FOLDER PLUGIN_FOLDER [strict]
//
// Batch 32; full fine-tuning at 64 and 13 tokens, LoRA at 64 and 13. Importance is random: the arithmetic is the same.
// With `strict`: LoRA and DoRA, whose deltas are the plugin's own functions.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>

#include <ATen/ops/rand.h>

#include "base/errors.hpp"
#include "data/examples.hpp"
#include "kernels/device.hpp"
#include "model/folder.hpp"
#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace {

using namespace engram;

constexpr int64_t kBatch = 32;
constexpr int64_t kRounds = 24;
constexpr int64_t kWarmUp = 4;
constexpr const char* kTask = "new";

recipe::Value value(auto data) { return {.data = data}; }

recipe::StrategyEntry entry(const std::string& id, recipe::Table options) {
  return {.id = id, .options = std::move(options), .place = {.file = "bench", .line = 1}};
}

data::Examples random_examples(int64_t count, int64_t tokens, int64_t vocabulary) {
  std::mt19937 draw(7);
  data::Examples examples{.name = "random", .task = kTask};
  examples.tokens.offsets = {0};
  for (int64_t row = 0; row < count; ++row) {
    for (int64_t token = 0; token < tokens; ++token) {
      examples.tokens.ids.push_back(static_cast<int32_t>(draw() % static_cast<uint64_t>(vocabulary)));
      examples.tokens.type_ids.push_back(0);
    }
    examples.tokens.offsets.push_back((row + 1) * tokens);
    examples.labels.push_back(static_cast<int64_t>(draw() % 2));
  }
  return examples;
}

// One model in training, with or without the penalty.
class World {
 public:
  World(const std::filesystem::path& folder, const std::filesystem::path& plugins, int64_t tokens,
        const std::vector<recipe::StrategyEntry>& entries, strategy::Checks checks = strategy::Checks::usual)
      : model_(model::load_model(folder, "old")), strategies_(strategy::Strategies::load(entries, {plugins}, checks)) {
    model_->add_fresh_head(kTask, {"a", "b"}, kernels::make_generator(at::kCPU, 1));
    settings_.batch_size = kBatch;
    settings_.learning_rate = 1e-5;
    settings_.epochs = 1;
    examples_ = random_examples(kBatch * (kRounds + kWarmUp), tokens, model_->view().vocabulary);
    Faults faults;
    resolution_ =
        strategy::resolve(model_->view(), strategies_.plan(model_->view()),
                          {{.name = "random", .task = kTask, .rows = examples_.size(), .classes = 2}}, faults);
    faults.raise<RecipeError>();
    strategies_.apply(*model_, resolution_, 1, strategy::Strategies::Start::fresh, {.passes = random_squares()});
    trainer_ = std::make_unique<train::Trainer>(*model_, strategies_, resolution_, examples_, settings_);
  }

  double seconds_of_a_step() {
    const auto start = std::chrono::steady_clock::now();
    trainer_->step({});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  strategy::PassResults random_squares() const {
    strategy::PassResults results;
    for (const strategy::ResolvedPass& pass : resolution_.passes) {
      strategy::PassResult& result = results[pass.strategy + "." + pass.pass.name];
      result.facts = {.samples = 1};
      for (const std::string& name : pass.parameters) {
        result.squares[name] = at::rand(resolution_.find(name)->shape);
      }
    }
    return results;
  }

  std::unique_ptr<model::Model> model_;
  strategy::Strategies strategies_;
  strategy::Resolution resolution_;
  recipe::Train settings_;
  data::Examples examples_;
  std::unique_ptr<train::Trainer> trainer_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const std::string& name, int64_t tokens, World& without, World& with) {
  std::vector<double> plain, penalised;
  for (int64_t round = 0; round < kWarmUp; ++round) {
    without.seconds_of_a_step();
    with.seconds_of_a_step();
  }
  for (int64_t round = 0; round < kRounds; ++round) {
    plain.push_back(without.seconds_of_a_step());
    penalised.push_back(with.seconds_of_a_step());
  }
  std::printf("%-22s %3lld tokens   without %7.1f ms   with %7.1f ms   ratio %.3f\n", name.c_str(),
              static_cast<long long>(tokens), 1e3 * median(plain), 1e3 * median(penalised),
              median(penalised) / median(plain));
}

void compare_penalty(const std::string& name, const std::filesystem::path& folder, const std::filesystem::path& plugins,
                     int64_t tokens, std::vector<recipe::StrategyEntry> entries) {
  World without(folder, plugins, tokens, entries);
  entries.push_back(entry("ewc", {{"data", value(std::string("random"))}}));
  World with(folder, plugins, tokens, entries);
  compare(name, tokens, without, with);
}

void compare_checks(const std::string& name, const std::filesystem::path& folder, const std::filesystem::path& plugins,
                    int64_t tokens, const recipe::Table& options) {
  World usual(folder, plugins, tokens, {entry("lora", options)});
  World strict(folder, plugins, tokens, {entry("lora", options)}, strategy::Checks::strict);
  compare(name, tokens, usual, strict);
}

}  // namespace

int main(int argc, char** argv) {
  const bool strict = argc == 4 && std::string(argv[3]) == "strict";
  if (argc != 3 && !strict) {
    std::fprintf(stderr, "usage: bench_step_cost MODEL_FOLDER PLUGIN_FOLDER [strict]\n");
    return 2;
  }
  try {
    for (const int64_t tokens : {64, 13}) {
      if (strict) {
        compare_checks("LoRA, strict plugins", argv[1], argv[2], tokens, {});
        compare_checks("DoRA, strict plugins", argv[1], argv[2], tokens, {{"dora", value(true)}});
      } else {
        compare_penalty("full fine-tuning", argv[1], argv[2], tokens, {});
        compare_penalty("LoRA", argv[1], argv[2], tokens, {entry("lora", {})});
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

// Trains by engram's trainer for tests/parity/train.py, which compares with transformers and peft.
//
//   parity_train SETTINGS.json OUTPUT_FOLDER
//
// Leaves in the folder: initial.safetensors (the strategies' tensors before the first step), losses.json (loss,
// gradient norm and rate of every step), trained/ (the model folder, adapters merged in), adapter/ (the PEFT pair,
// where there is one) and logits.safetensors (of the first rows, after the last step).
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include <nlohmann/json.hpp>

#include "base/errors.hpp"
#include "checkpoint/deployable.hpp"
#include "data/batch.hpp"
#include "data/examples.hpp"
#include "kernels/device.hpp"
#include "model/folder.hpp"
#include "model/safetensors.hpp"
#include "strategy/strategies.hpp"
#include "support/recipe_value.hpp"
#include "train/trainer.hpp"

namespace {

using namespace engram;
using nlohmann::json;

constexpr const char* kTask = "tones";

recipe::DataSet data_set(const json& settings) {
  recipe::DataSet set;
  set.name = "train";
  set.file = settings.at("data");
  set.text = {settings.at("text").get<std::string>()};
  set.label = settings.at("label").get<std::string>();
  set.task = kTask;
  return set;
}

recipe::Train train_settings(const json& settings) {
  recipe::Train train;
  train.epochs = settings.at("epochs");
  train.batch_size = settings.at("batch_size");
  train.learning_rate = settings.at("learning_rate");
  train.weight_decay = settings.at("weight_decay");
  train.clip = settings.at("clip");
  train.max_length = settings.at("max_length");
  train.seed = settings.at("seed");
  train.dropout = 0.0;
  return train;
}

// The strategy's entry as a recipe would have it, or none for full fine-tuning.
std::vector<recipe::StrategyEntry> strategy_entries(const json& settings) {
  if (settings.at("strategy").is_null()) return {};
  recipe::StrategyEntry entry{.id = settings.at("strategy"), .place = {.file = "parity", .line = 1}};
  for (const auto& [name, value] : settings.at("options").items()) {
    entry.options.emplace_back(name, tests::recipe_value(value));
  }
  return {entry};
}

// The folder's head again, as one that this run creates: adapters train new heads only.
std::unique_ptr<model::Model> load_with_new_head(const std::filesystem::path& folder) {
  auto model = model::load_model(folder, kTask);
  const model::Head* found = model->find_head(kTask);
  const model::Head head = {found->task, found->labels, found->weight.clone(), found->bias.clone()};
  model->add_fresh_head(kTask, head.labels, kernels::make_generator(at::kCPU, 0));
  at::NoGradGuard no_grad;
  model->find_head(kTask)->weight.copy_(head.weight);
  model->find_head(kTask)->bias.copy_(head.bias);
  model->set_dropout(0);
  return model;
}

double linear_factor(int64_t step, int64_t steps, double warmup_share) {
  const double warmup = std::ceil(static_cast<double>(steps) * warmup_share);
  const double at = static_cast<double>(step);
  if (at < warmup) return at / std::max(1.0, warmup);
  return std::max(0.0, (static_cast<double>(steps) - at) / std::max(1.0, static_cast<double>(steps) - warmup));
}

json run_steps(train::Trainer& trainer, double warmup_share) {
  json record = {{"losses", json::array()}, {"gradient_norms", json::array()}, {"rates", json::array()}};
  while (!trainer.finished()) {
    const recipe::ScheduleResult schedule = {linear_factor(trainer.done(), trainer.count().total, warmup_share), {}};
    const train::StepResult result = trainer.step(schedule);
    record["losses"].push_back(result.loss.item<double>());
    record["gradient_norms"].push_back(result.gradient_norm.item<double>());
    record["rates"].push_back(result.learning_rates.front());
  }
  return record;
}

void write_logits(const model::Model& model, const data::Examples& examples, const std::filesystem::path& file) {
  at::NoGradGuard no_grad;
  std::vector<int64_t> rows(static_cast<size_t>(std::min<int64_t>(32, examples.size())));
  std::iota(rows.begin(), rows.end(), 0);
  model::write_safetensors(file, {{"logits", model.logits(data::pack(examples, rows), kTask, {})}});
}

void run(const json& settings, const std::filesystem::path& out) {
  const std::filesystem::path folder = settings.at("model").get<std::string>();
  const recipe::Train train = train_settings(settings);
  const data::Tokenizer tokenizer(folder / "tokenizer.json");
  const auto model = load_with_new_head(folder);
  const recipe::DataSet set = data_set(settings);
  const data::Examples examples =
      data::load_examples(set, set.file, tokenizer, train.max_length, model->find_head(kTask)->labels);

  auto strategies = strategy::Strategies::load(strategy_entries(settings), {settings.at("plugins").get<std::string>()});
  Faults faults;
  const strategy::Resolution resolution = strategy::resolve(model->view(), strategies.plan(model->view()), {}, faults);
  faults.raise<RecipeError>();
  const auto tokenize = [&](const std::string& text) {
    const data::TokenizedTexts tokens = tokenizer.encode({text}, {}, train.max_length);
    return std::vector<int64_t>(tokens.ids.begin(), tokens.ids.end());
  };
  strategies.apply(*model, resolution, static_cast<uint64_t>(train.seed), strategy::Strategies::Start::fresh,
                   {.passes = {}, .tokenize = tokenize, .carried = {}});
  model::write_safetensors(out / "initial.safetensors", strategies.claimed_tensors());

  train::Trainer trainer(*model, strategies, resolution, examples, train);
  std::ofstream(out / "losses.json") << run_steps(trainer, settings.at("warmup")).dump(1) << '\n';
  write_logits(*model, examples, out / "logits.safetensors");
  model::save_model(*model, kTask, folder, out / "trained", strategies.merged_parameters(*model));
  if (checkpoint::form_of(resolution, model->view()) != checkpoint::Form::model_folder) {
    checkpoint::write_deployable(out / "adapter", {*model, strategies, resolution, kTask, folder});
  }
  strategies.shutdown();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: parity_train SETTINGS.json OUTPUT_FOLDER\n";
    return 2;
  }
  try {
    std::filesystem::create_directories(argv[2]);
    run(json::parse(std::ifstream(argv[1])), argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

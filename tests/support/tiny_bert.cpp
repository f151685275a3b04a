#include "support/tiny_bert.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/errors.hpp"
#include "kernels/device.hpp"
#include "model/safetensors.hpp"
#include "support/recipe_value.hpp"

namespace engram::tests {
namespace {

constexpr const char* kTask = "wind";

// The golden's adapter in a recipe's words.
recipe::StrategyEntry adapter_entry(const std::string& method) {
  const Json& adapter = golden_losses().at("settings").at("adapters").at(method);
  return strategy_entry("lora", {{"rank", adapter.at("r")},
                                 {"alpha", adapter.at("lora_alpha")},
                                 {"dropout", 0},
                                 {"rslora", adapter.value("use_rslora", false)},
                                 {"dora", adapter.value("use_dora", false)},
                                 {"rank_pattern", adapter.value("rank_pattern", Json::object())}});
}

// The golden's head, as one that this run creates: adapters train new heads only.
void renew_head(model::Model& model) {
  const model::Head* found = model.find_head(kTask);
  const at::Tensor weight = found->weight.clone(), bias = found->bias.clone();
  model.add_fresh_head(kTask, found->labels, kernels::make_generator(at::kCPU, 0));
  const at::NoGradGuard no_grad;
  at::Tensor(model.find_head(kTask)->weight).copy_(weight);
  at::Tensor(model.find_head(kTask)->bias).copy_(bias);
}

// Puts the golden's initial tensors, under PEFT's names, into the strategy's.
void set_initial_adapter(const strategy::Strategies& strategies, const std::string& method) {
  const model::SafetensorsFile file(golden_folder() / (method + "_initial.safetensors"));
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) {
    const std::string name = "base_model.model.bert." + entry.name.substr(std::string("lora.").size());
    at::Tensor(entry.tensor).copy_(file.tensor(name));
  }
}

}  // namespace

const std::vector<at::Device>& devices() {
  static const std::vector<at::Device> all = [] {
    std::vector<at::Device> found = {at::kCPU};
    const at::Device best = kernels::open_device(kernels::DeviceRequest::automatic);
    if (!best.is_cpu()) found.push_back(best);
    return found;
  }();
  return all;
}

std::filesystem::path golden_folder() { return std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/losses"; }

const Json& golden_losses() {
  static const Json json = read_json(golden_folder() / "losses.json");
  return json;
}

data::Examples golden_examples() {
  data::Examples examples{.name = "train", .task = kTask};
  for (const Json& example : golden_losses().at("examples")) {
    for (const Json& id : example.at("ids")) {
      examples.tokens.ids.push_back(id.get<int32_t>());
      examples.tokens.type_ids.push_back(0);
    }
    examples.tokens.offsets.push_back(static_cast<int64_t>(examples.tokens.ids.size()));
    examples.labels.push_back(example.at("label").get<int64_t>());
  }
  return examples;
}

recipe::Train golden_train(const std::string& method) {
  const Json& settings = golden_losses().at("settings").at(method);
  recipe::Train train;
  train.epochs = settings.at("epochs").get<double>();
  train.batch_size = settings.at("batch_size").get<int64_t>();
  train.learning_rate = settings.at("learning_rate").get<double>();
  train.weight_decay = settings.at("weight_decay").get<double>();
  train.clip = settings.at("clip").get<double>();
  train.seed = settings.at("seed").get<int64_t>();
  return train;
}

recipe::ScheduleResult golden_schedule(const std::string& method, int64_t step) {
  const Json& rates = golden_losses().at(method).at("rates");
  const double base = golden_train(method).learning_rate;
  return {.rate_factor = rates.at(static_cast<size_t>(step)).get<double>() / base};
}

std::unique_ptr<train::Trainer> TinyRun::trainer() {
  return std::make_unique<train::Trainer>(*model, strategies, resolution, examples, settings);
}

std::vector<double> TinyRun::losses(const std::string& method) {
  const auto trainer = this->trainer();
  std::vector<double> losses;
  while (!trainer->finished()) {
    losses.push_back(trainer->step(golden_schedule(method, trainer->done())).loss.item<double>());
  }
  return losses;
}

recipe::StrategyEntry strategy_entry(const std::string& id, const Json& options) {
  recipe::StrategyEntry entry{.id = id, .place = {.file = "tiny.lua", .line = 1}};
  for (const auto& [name, value] : options.items()) entry.options.emplace_back(name, recipe_value(value));
  return entry;
}

// One return each: the run is built where the caller has it, for its strategies know the address of its resolution.
TinyRun tiny_run(const std::string& method, at::Device device) {
  const bool adapts = method != "full";
  std::vector<recipe::StrategyEntry> entries;
  if (adapts) entries.push_back(adapter_entry(method));
  TinyRun run = tiny_run(entries, device);
  run.settings = golden_train(method);
  if (adapts) set_initial_adapter(run.strategies, method);
  return run;
}

TinyRun tiny_run(const std::vector<recipe::StrategyEntry>& strategies, at::Device device) {
  const std::filesystem::path plugins = std::filesystem::path(ENGRAM_BINARY_DIR) / "lib/engram/plugins";
  TinyRun run{.examples = golden_examples(),
              .settings = golden_train("full"),
              .model = model::load_model(golden_folder() / "model", kTask),
              .strategies = strategy::Strategies::load(strategies, {plugins})};
  renew_head(*run.model);
  run.model->set_dropout(0);
  run.model->move_to(device);
  Faults faults;
  run.resolution = strategy::resolve(run.model->view(), run.strategies.plan(run.model->view()), {}, faults);
  faults.raise<RecipeError>();
  run.strategies.apply(*run.model, run.resolution, 17, strategy::Strategies::Start::fresh);
  return run;
}

}  // namespace engram::tests

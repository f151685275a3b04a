#include "support/tiny_bert.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/errors.hpp"
#include "kernels/device.hpp"
#include "model/safetensors.hpp"

namespace engram::tests {
namespace {

constexpr const char* kTask = "wind";

std::vector<recipe::StrategyEntry> lora_entry() {
  const Json& adapter = golden_losses().at("settings").at("adapter");
  const auto value = [](double number) { return recipe::Value{.data = number}; };
  return {{.id = "lora",
           .options = {{"rank", value(adapter.at("r").get<double>())},
                       {"alpha", value(adapter.at("lora_alpha").get<double>())},
                       {"dropout", value(0)}},
           .place = {.file = "tiny.lua", .line = 1}}};
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

// Puts the golden's initial A and B, under PEFT's names, into the strategy's tensors.
void set_initial_adapter(const strategy::Strategies& strategies) {
  const model::SafetensorsFile file(golden_folder() / "lora_initial.safetensors");
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

TinyRun tiny_run(const std::string& method, at::Device device) {
  const bool is_lora = method == "lora";
  const std::filesystem::path plugins = std::filesystem::path(ENGRAM_BINARY_DIR) / "lib/engram/plugins";
  TinyRun run{.examples = golden_examples(),
              .settings = golden_train(method),
              .model = model::load_model(golden_folder() / "model", kTask),
              .strategies =
                  strategy::Strategies::load(is_lora ? lora_entry() : std::vector<recipe::StrategyEntry>{}, {plugins})};
  renew_head(*run.model);
  run.model->set_dropout(0);
  run.model->move_to(device);
  Faults faults;
  run.resolution = strategy::resolve(run.model->view(), run.strategies.plan(run.model->view()), faults);
  faults.raise<RecipeError>();
  run.strategies.apply(*run.model, run.resolution, 17, strategy::Strategies::Start::fresh);
  if (is_lora) set_initial_adapter(run.strategies);
  return run;
}

}  // namespace engram::tests

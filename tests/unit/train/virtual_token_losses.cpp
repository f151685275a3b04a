// Twenty steps of a tiny BERT under prefix and prompt tuning against peft (tests/golden/virtual_token_losses.py).
#include <ATen/core/grad_mode.h>

#include "model/safetensors.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

const Json& golden() {
  static const Json json = read_json(golden_folder() / "virtual_tokens.json");
  return json;
}

// Each claimed tensor's place among peft's: without a network one row holds, for one layer after the other, keys and
// values; with it that is the order of its output layer's rows.
at::Tensor initial(const model::SafetensorsFile& file, const std::string& name, int64_t width) {
  if (name == "prompt") return file.tensor("embedding.weight");
  const std::string site = "encoder.layer.";
  if (!name.starts_with(site)) return file.tensor(name);
  const int64_t layer = std::stoll(name.substr(site.size()));
  const std::string own = name.substr(name.find(".attention.") + std::string(".attention.").size());
  if (own.starts_with("transform.")) return file.tensor(own).narrow(0, 2 * layer * width, 2 * width);
  const int64_t part = own == "prefix_values" ? 1 : 0;
  return file.tensor("embedding.weight").narrow(1, (2 * layer + part) * width, width);
}

TinyRun run_of(const std::string& method, at::Device device) {
  const Json& record = golden().at(method);
  Json options = {{"tokens", record.at("tokens")}};
  if (method == "prefix_mlp") options.update({{"mlp", true}, {"mlp_hidden", 16}});
  const std::string id = method == "prompt" ? "prompt_tuning" : "prefix_tuning";
  TinyRun run = tiny_run({strategy_entry(id, options)}, device);
  const Json& settings = record.at("settings");
  run.settings.epochs = settings.at("epochs").get<double>();
  run.settings.learning_rate = settings.at("learning_rate").get<double>();
  const model::SafetensorsFile file(golden_folder() / (method + "_initial.safetensors"));
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : run.strategies.claimed_tensors()) {
    at::Tensor(entry.tensor).copy_(initial(file, entry.name.substr(id.size() + 1), run.model->view().hidden));
  }
  return run;
}

// As in golden_losses.cpp: committed losses against sums in another order.
double tolerance(at::Device device) { return device.is_cpu() ? 1e-5 : 1e-4; }

void follows_golden(const std::string& method, at::Device device) {
  TinyRun run = run_of(method, device);
  const auto trainer = run.trainer();
  const Json& record = golden().at(method);
  for (size_t step = 0; !trainer->finished(); ++step) {
    const double rate = record.at("rates")[step].get<double>();
    const train::StepResult result = trainer->step({.rate_factor = rate / run.settings.learning_rate});
    INFO(method << " on " << device.str() << ", step " << step);
    CHECK(result.loss.item<double>() == Approx(record.at("losses")[step].get<double>()).epsilon(tolerance(device)));
    CHECK(result.gradient_norm.item<double>() ==
          Approx(record.at("gradient_norms")[step].get<double>()).epsilon(10 * tolerance(device)));
  }
  REQUIRE(trainer->done() == 20);
}

}  // namespace

TEST_CASE("prefix tuning, without and with its network, and prompt tuning follow peft step by step") {
  for (const std::string method : {"prefix", "prefix_mlp", "prompt"}) {
    for (const at::Device device : devices()) follows_golden(method, device);
  }
}

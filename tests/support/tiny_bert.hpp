// The tiny BERT of tests/golden/losses, its examples, and the devices that tests of the loop run on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "data/examples.hpp"
#include "model/folder.hpp"
#include "strategy/strategies.hpp"
#include "train/trainer.hpp"

namespace engram::tests {

// The CPU, and the GPU wherever there is one.
const std::vector<at::Device>& devices();

std::filesystem::path golden_folder();  // tests/golden/losses
const Json& golden_losses();

// Examples of the golden, for the task "wind".
data::Examples golden_examples();
// The golden's recipe settings of a method: "full", or an adapter of the golden, "lora", "rslora" or "dora".
recipe::Train golden_train(const std::string& method);
// The golden's schedule: linear with warm-up.
recipe::ScheduleResult golden_schedule(const std::string& method, int64_t step);

// A run in memory: the tiny BERT with a head for "wind" that trains, and the strategies applied.
struct TinyRun {
  data::Examples examples;
  recipe::Train settings;
  std::unique_ptr<model::Model> model;
  strategy::Strategies strategies;
  strategy::Resolution resolution;

  std::unique_ptr<train::Trainer> trainer();
  // Losses of the whole run under the golden's schedule.
  std::vector<double> losses(const std::string& method);
};

// With the adapter's settings and initial tensors of the golden.
TinyRun tiny_run(const std::string& method, at::Device device);
// With the settings of "full" and strategies as a recipe names them.
TinyRun tiny_run(const std::vector<recipe::StrategyEntry>& strategies, at::Device device);

// A strategy's entry in a recipe; options as JSON, tables and lists included.
recipe::StrategyEntry strategy_entry(const std::string& id, const Json& options);

}  // namespace engram::tests

// A run of the tiny BERT with the recording plugin: the head of "wind" trains, that of "old task" is kept, and the data
// set "old" may be mixed in.
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "support/recipe_value.hpp"
#include "support/tiny_bert.hpp"

namespace engram::tests {

struct RecorderRun {
  // `claims`: "penalty", "term", "mix", "project", "low_rank", "custom"; none: no strategy at all.
  RecorderRun(const std::vector<std::string>& claims, recipe::Table options = {}, at::Device device = at::kCPU)
      : examples(golden_examples()),
        old(golden_examples()),
        settings(golden_train("full")),
        model(model::load_model(golden_folder() / "model", "wind")),
        strategies(strategy::Strategies::load(entries(claims, std::move(options)),
                                              {std::filesystem::path(ENGRAM_BINARY_DIR) / "fixtures/recorder"})) {
    old.name = "old";
    old.task = "old task";
    for (int64_t& label : old.labels) label = label == 0 ? 0 : 1;
    at::Generator draw = at::make_generator<at::CPUGeneratorImpl>(6);
    model->set_head({"old task", {"no", "yes"}, at::randn({2, 32}, draw), at::randn({2}, draw)});
    model->add_fresh_head("wind", {"calm", "stormy", "windy"}, draw);
    model->set_dropout(0);
    model->move_to(device);
    const strategy::DataFacts facts{.name = "old", .task = "old task", .rows = old.size(), .classes = 2};
    Faults faults;
    resolution = strategy::resolve(model->view(), strategies.plan(model->view()), {facts}, faults);
    faults.raise<RecipeError>();
    strategies.apply(*model, resolution, 17, strategy::Strategies::Start::fresh);
  }
  RecorderRun(const RecorderRun&) = delete;
  RecorderRun& operator=(const RecorderRun&) = delete;

  static std::vector<recipe::StrategyEntry> entries(const std::vector<std::string>& claims, recipe::Table options) {
    if (claims.empty()) return {};
    options.emplace_back("claims", recipe_value(claims));
    return {{.id = "recorder", .options = std::move(options), .place = {.file = "tiny.lua", .line = 1}}};
  }

  std::unique_ptr<train::Trainer> trainer() {
    return std::make_unique<train::Trainer>(*model, strategies, resolution, examples, settings,
                                            train::MixedData{{"old", &old}});
  }
  std::vector<train::StepResult> steps(int64_t count) {
    const auto trainer = this->trainer();
    std::vector<train::StepResult> results;
    while (trainer->done() < count) results.push_back(trainer->step({}));
    return results;
  }
  at::Tensor weights() const {
    std::vector<at::Tensor> flat;
    const auto add = [&](const std::vector<model::NamedTensor>& tensors) {
      for (const model::NamedTensor& entry : tensors) flat.push_back(entry.tensor.detach().cpu().flatten());
    };
    add(model->parameters());
    add(strategies.claimed_tensors());
    return at::cat(flat);
  }

  data::Examples examples;
  data::Examples old;
  recipe::Train settings;
  std::unique_ptr<model::Model> model;
  strategy::Strategies strategies;
  strategy::Resolution resolution;
};

}  // namespace engram::tests

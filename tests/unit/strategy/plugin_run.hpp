// One plugin on the small model, through the host: planned, resolved over some_data() and, once asked, applied.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "claims.hpp"
#include "strategy/strategies.hpp"

namespace engram::test {

struct PluginRun {
  explicit PluginRun(const std::string& id, recipe::Table options = {},
                     const std::filesystem::path& folder = shipped_plugins())
      : model(small_model()),
        strategies(strategy::Strategies::load({entry(id, std::move(options))}, {folder})),
        resolution(resolved(strategies.plan(model->view()))) {}

  void apply(const strategy::InitServices& services = {}) {
    strategies.apply(*model, resolution, 42, strategy::Strategies::Start::fresh, services);
  }
  std::map<std::string, at::Tensor> claimed() const {
    std::map<std::string, at::Tensor> tensors;
    for (const model::NamedTensor& entry : strategies.claimed_tensors()) tensors[entry.name] = entry.tensor.detach();
    return tensors;
  }

  std::unique_ptr<model::BertModel> model;
  strategy::Strategies strategies;
  strategy::Resolution resolution;
};

}  // namespace engram::test

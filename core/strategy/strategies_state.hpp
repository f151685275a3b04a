// What Strategies holds; private to the files of this room that implement it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "strategy/guard.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/strategies.hpp"
#include "strategy/views.hpp"

namespace engram::strategy {

// One strategy of the run.
struct StrategyRun {
  std::string id;
  recipe::Place place;
  sdk::Settings settings;
  std::shared_ptr<sdk::Strategy> object;
  std::vector<std::string> tensor_order;  // own names, as claimed
  OwnTensors tensors;

  CallSite call(std::string phase, std::string site = {}) const {
    return {id, std::move(phase), std::move(site), place};
  }
};

struct Strategies::State {
  std::vector<StrategyRun> runs;
  std::vector<PluginFacts> plugins;

  // Set by apply().
  const model::Model* model = nullptr;
  std::unique_ptr<const Resolution> resolution;
  std::unique_ptr<StartWeights> start;
  BoundClaims bound;

  StrategyRun& run(const std::string& id);
  const StrategyRun& run(const std::string& id) const;
  // Throws InternalError before apply().
  void require_applied() const;
  // Calls function(run, view) for every strategy, guarded.
  template <class Function>
  void in_phase(const std::string& phase, const Where& where, const PassResults& passes, const Function& function);
};

}  // namespace engram::strategy

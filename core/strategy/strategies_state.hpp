// What Strategies holds; private to the files of this room that implement it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "strategy/guard.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/strategies.hpp"
#include "strategy/views.hpp"
#include "strategy/watch.hpp"

namespace engram::strategy {

// One strategy of the run.
struct StrategyRun {
  std::string id;
  recipe::Place place;
  sdk::Settings settings;
  std::shared_ptr<sdk::Strategy> object;
  std::vector<std::string> tensor_order;  // own names, as claimed
  OwnTensors tensors;
  std::shared_ptr<Watch> watch;  // of all strategies; null: not strict
  // Lent to its calls; made by apply(), and in being as long as the strategy's claims.
  std::shared_ptr<HostStepView> step_view;
  std::shared_ptr<HostInitView> init_view;
  std::shared_ptr<HostStateWriter> writer = std::make_shared<HostStateWriter>();
  std::shared_ptr<HostStateReader> reader = std::make_shared<HostStateReader>();

  CallSite call(std::string phase, std::string site = {}) const {
    return {id, std::move(phase), std::move(site), place, watch};
  }
};

struct Strategies::State {
  std::vector<StrategyRun> runs;
  std::vector<PluginFacts> plugins;
  std::shared_ptr<Watch> watch;                                // null: not strict
  std::vector<std::shared_ptr<const sdk::ModelView>> planned;  // what plan() saw, should a claim's function refer to it

  // Set by apply().
  const model::Model* model = nullptr;
  std::unique_ptr<const Resolution> resolution;
  std::unique_ptr<StartWeights> start;
  BoundClaims bound;
  HostGradView grad_view;
  HostGradEdit grad_edit;
  std::vector<std::shared_ptr<sdk::FinishView>> finish_views;

  StrategyRun& run(const std::string& id);
  const StrategyRun& run(const std::string& id) const;
  // Ids of the strategies whose functions take part in the graph of a training step: "scaler' or 'distillation".
  std::string graph_owners() const;
  // Throws InternalError before apply().
  void require_applied() const;
  // Calls function(run, view) for every strategy, guarded.
  template <class Function>
  void in_phase(const std::string& phase, const Where& where, const PassResults& passes, const Function& function);
};

}  // namespace engram::strategy

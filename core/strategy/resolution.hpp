// All strategies' claims together, checked and resolved: who owns what, what trains from when, at which rate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "engram/sdk/model_view.hpp"
#include "engram/sdk/plan.hpp"
#include "engram/sdk/settings.hpp"
#include "recipe/value.hpp"

namespace engram::strategy {

// One strategy's claims, as its plan() gave them.
struct StrategyClaims {
  std::string strategy;  // id; unique within a recipe
  recipe::Place place;   // of its entry in the recipe
  sdk::Plan plan;
  sdk::Settings settings;  // checked; a claim's weight names one of its numbers
};

// A data set that strategies may name in passes and mixes.
struct DataFacts {
  std::string name;
  std::string task;
  int64_t rows = 0;     // estimated where a file is large
  int64_t classes = 0;  // of its task's head
  bool labelled = true;
  bool fresh_head = false;  // its task's head knows nothing before training
  bool evaluates = false;   // use = "evaluate": such rows are never trained on or measured from
};

// Whether a tensor trains, as a list of changes in time; the first entry holds from step 0.
struct TrainabilityChange {
  sdk::From from;  // both empty: from the start
  bool trains = false;
};

// A model parameter or a claimed tensor that trains at some time.
struct ResolvedTensor {
  std::string name;  // parameter name, or "<strategy>.<claimed name>"
  std::vector<int64_t> shape;
  std::string owner;  // the strategy that decided, or "default"
  std::vector<TrainabilityChange> trainability;
  double rate_scale = 1;               // times train.learning_rate and the schedule's factor
  std::optional<double> weight_decay;  // claimed; empty: train.weight_decay
  bool claimed = false;                // a strategy's tensor, not the model's
  std::string init;                    // for claimed tensors: the note
  bool kept = false;                   // claimed, but never optimized
  bool carried = false;                // kept, and written beside the result

  int64_t count() const;
  bool ever_trains() const;
  // At the start of the given optimizer step, `epoch` fractional epochs into the run.
  bool trains_at(int64_t step, double epoch) const;
};

// A claim and who made it.
template <class Claim>
struct Owned {
  std::string strategy;
  Claim claim;
};

struct ResolvedAdapter {
  std::string strategy;
  sdk::Adapt adapt;
};

// A pass with its patterns resolved to parameters in forward order (empty for a forward pass), labels never automatic.
struct ResolvedPass {
  std::string strategy;
  sdk::Pass pass;
  std::vector<std::string> parameters;
  sdk::LabelMode labels = sdk::LabelMode::exact;
};

struct Resolution {
  std::vector<ResolvedTensor> tensors;    // model parameters in forward order, then claimed tensors in recipe order
  std::vector<ResolvedAdapter> adapters;  // this and all that follows: in recipe order
  std::vector<Owned<sdk::Prefix>> prefixes;
  std::optional<Owned<sdk::Prompt>> prompt;
  std::vector<Owned<sdk::Penalty>> penalties;
  std::vector<Owned<sdk::LossTerm>> loss_terms;
  std::optional<Owned<sdk::Project>> project;
  std::vector<ResolvedPass> passes;
  std::vector<Owned<sdk::Mix>> mixes;
  std::vector<Owned<sdk::Finish>> finishes;
  std::vector<std::string> snapshot;                       // parameters of which a copy is kept, in forward order: only
                                                           // those that ever train need one
  std::vector<std::string> schedulable;                    // "ewc.lambda": what a schedule may scale
  std::vector<std::pair<std::string, std::string>> notes;  // strategy, line

  int64_t total_count() const;      // model parameters and trainable claimed tensors
  int64_t trainable_count() const;  // elements that train at some time
  const ResolvedTensor* find(const std::string& name) const;
  // Data sets that passes and mixes read, each once.
  std::vector<std::string> data_sets() const;
};

// Rules of section 6 of the architecture: everything trains by default; once a strategy adapts or claims a prefix or a
// prompt, only claimed tensors and new heads do, and what a strategy names in train(). Conflicts and patterns without a
// match go to `faults`, each naming the strategies, their recipe lines and the fix.
Resolution resolve(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims,
                   const std::vector<DataFacts>& data, Faults& faults);

}  // namespace engram::strategy

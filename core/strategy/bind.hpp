// Claims of a step become what the model and the trainer work with: live tensors, and functions that are guarded.
#pragma once

#include "strategy/bound.hpp"
#include "strategy/strategies_state.hpp"

namespace engram::strategy {

// Refuses, with PluginError, a delta of another shape, type or device than what it is added to, and writes into what an
// adapter reads.
model::BoundAdapter bind_adapter(const sdk::Adapt& adapt, const StrategyRun& run);
// Both refuse, with PluginError, a source that makes tensors of other shapes, types or devices than the claim's site
// and tokens ask for.
model::BoundPrefix bind_prefix(const sdk::Prefix& prefix, const model::Model& model, const StrategyRun& run);
model::BoundPrompt bind_prompt(const sdk::Prompt& prompt, const model::Model& model, const StrategyRun& run);

// A watched parameter that neither trains nor is adapted contributes nothing, and is left out.
BoundPenalty bind_penalty(const sdk::Penalty& penalty, const StrategyRun& run, const Strategies::State& state);
// Its function refuses, with PluginError, a result that is no scalar, and writes into what it reads.
BoundLossTerm bind_loss_term(const sdk::LossTerm& term, const StrategyRun& run);

}  // namespace engram::strategy

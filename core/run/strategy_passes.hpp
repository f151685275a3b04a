// Runs the passes that strategies claim, and keeps squared gradients on disk under everything they depend on.
#pragma once

#include <functional>
#include <string>

#include "run/material.hpp"
#include "strategy/strategies.hpp"

namespace engram::run {

// Every pass of `when`, in recipe order; forward passes call their strategies' visitors. `phase` is told what is being
// waited for. Before training the model is untouched, and squared gradients are taken from cache_folder()/passes where
// they are: the key covers weights, head, tokens and labels, the choice of samples, estimator, device and torch
// version.
strategy::PassResults run_passes(sdk::Pass::When when, const Preparation& prepared, const Material& material,
                                 const std::function<void(const std::string&)>& phase);

}  // namespace engram::run

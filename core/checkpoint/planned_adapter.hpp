// What strategies plan, in the terms of PEFT's adapters.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/adapter.hpp"
#include "strategy/resolution.hpp"

namespace engram::checkpoint {

// The low-rank part of an adapter that PEFT's LoRA has; nullptr: it has none such.
const sdk::LowRank* low_rank_of(const strategy::ResolvedAdapter& adapter);
// The qualified name of its magnitudes; empty: no DoRA.
std::string magnitude_of(const strategy::ResolvedAdapter& adapter);

// Throws InternalError where none of that name is in memory.
const at::Tensor& claimed_tensor(const std::vector<model::NamedTensor>& claimed, const std::string& name);

// For one site, LoRA or DoRA.
struct PlannedUpdate {
  std::string a, b, magnitude;  // claimed tensors by qualified name; no magnitude: no DoRA
  int64_t rank = 0;
  double scale = 1;
};

// By site. A site with two adapters, or one that is none of LoRA's, goes to `others` instead, with its strategy.
std::map<std::string, PlannedUpdate> planned_updates(const strategy::Resolution& resolution,
                                                     std::vector<std::string>& others);

struct PlannedTokens {
  std::string strategy;
  int64_t tokens = 0;
  size_t sites = 0;  // with a prefix; 1 for a prompt
};

// Empty: none of the kind.
std::optional<PlannedTokens> planned_tokens(const strategy::Resolution& resolution, VirtualTokens::Kind kind);

// What the sources of virtual tokens make of a strategy's own tensors, in the order of PEFT's columns.
std::vector<at::Tensor> made_by_sources(const strategy::Resolution& resolution, const sdk::ModelView& view,
                                        const sdk::TensorByName& tensor);

// The tensors that a strategy trains as its own, by qualified name.
std::vector<std::string> trained_by(const std::string& strategy, const strategy::Resolution& resolution);

// Whether it is one of them itself, not a copy.
bool is_one_of(const at::Tensor& tensor, const std::vector<model::NamedTensor>& tensors);

}  // namespace engram::checkpoint

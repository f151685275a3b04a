// tensors and adapt claims: names, shapes and sites that fit the model.
#pragma once

#include <vector>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// Appends every claimed tensor under its qualified name "<strategy>.<name>".
void resolve_tensors(const std::vector<StrategyClaims>& claims, std::vector<ResolvedTensor>& tensors, Faults& faults);

// Appends every adapter, in recipe order, once its site and its tensors fit.
void resolve_adapters(const sdk::ModelView& view, const std::vector<StrategyClaims>& claims, Resolution& resolution,
                      Faults& faults);

}  // namespace engram::strategy

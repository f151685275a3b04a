// Weights that a strategy proposes after training: which it may propose.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "strategy/resolution.hpp"

namespace engram::strategy {

// The model's parameters that train at some time, heads left out, in forward order.
std::vector<std::string> trained_trunk(const sdk::ModelView& view, const Resolution& resolution);

// Throws sdk::Error naming the first weight that is no trained parameter, has another shape, or is not finite.
void check_candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights,
                     const model::Model& model, const Resolution& resolution);

}  // namespace engram::strategy

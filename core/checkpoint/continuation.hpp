// Training that goes on from an adapter: what a recipe's strategies plan against what the adapter holds, and its
// tensors put in theirs.
#pragma once

#include <string>
#include <vector>

#include "base/errors.hpp"
#include "checkpoint/adapter.hpp"
#include "strategy/strategies.hpp"

namespace engram::checkpoint {

// Adds a fault for every difference: kinds, sites, ranks, scales, DoRA, biases, virtual tokens, tensors that are
// claimed and that the adapter does not hold. The last one's fix is the strategy with all its options. `where` is the
// place in the recipe. What is no fault and has to be known goes to `notes`. Reads headers alone.
void compare_with_plan(const Adapter& adapter, const strategy::Resolution& resolution, const sdk::ModelView& view,
                       const std::string& where, Faults& faults, std::vector<std::string>& notes);

// Copies the adapter's tensors into those that the strategies claimed, the biases that train and the head of `task`;
// a head is left as it is where the adapter has none. After Strategies::apply(), and only when compare_with_plan()
// found nothing. Throws DataError, before anything is copied, on values that are not finite, and when the network
// beside the adapter does not make its keys and values.
void put_adapter(const Adapter& adapter, const model::Model& model, const strategy::Strategies& strategies,
                 const strategy::Resolution& resolution, const std::string& task);

}  // namespace engram::checkpoint

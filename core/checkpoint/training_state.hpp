// Where a run stands, so that it can go on: weights that train, optimizer, random streams, history, script state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "model/named_tensor.hpp"
#include "recipe/history.hpp"

namespace engram::checkpoint {

struct TrainingState {
  int64_t step = 0;
  recipe::History history;
  Json script;                                  // RecipeScript's state table
  Json strategies;                              // state beside the claimed tensors, by strategy
  std::vector<model::NamedTensor> weights;      // every tensor that trains or is kept, by resolution name
  std::vector<model::NamedTensor> trainer;      // Trainer::state()
  std::vector<model::NamedTensor> plugins;      // tensors that strategies save beside their claims
};

// checkpoints/step-000123 in `folder`: training_state.json and training_state.safetensors. Then removes the oldest ones
// beyond `keep_last`. Returns the folder written.
std::filesystem::path write_training_state(const std::filesystem::path& folder, const TrainingState& state,
                                           int64_t keep_last);

// The newest step-* folder, or empty.
std::filesystem::path newest_training_state(const std::filesystem::path& folder);

// Throws DataError naming what is missing or damaged.
TrainingState read_training_state(const std::filesystem::path& folder);

Json to_json(const recipe::History& history);
recipe::History history_from_json(const Json& json);

}  // namespace engram::checkpoint

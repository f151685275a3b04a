// Where a run stands, so that it can go on: weights that train, optimizer, random streams, history, script state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "checkpoint/training_record.hpp"
#include "model/named_tensor.hpp"
#include "strategy/strategies.hpp"

namespace engram::checkpoint {

// The files of a training state's folder.
inline constexpr const char* kStateFile = "training_state.json";
inline constexpr const char* kTensorFile = "training_state.safetensors";

struct TrainingState {
  TrainingRecord record;
  std::vector<model::NamedTensor> weights;          // every tensor that trains or is kept, by resolution name
  std::vector<model::NamedTensor> trainer;          // Trainer::state()
  std::vector<strategy::StrategyState> strategies;  // beside the claimed tensors
};

// What a checkpoint's `weights` are: the model's tensors that ever train, and all claimed ones; live.
std::vector<model::NamedTensor> training_weights(const model::Model& model, const strategy::Strategies& strategies,
                                                 const strategy::Resolution& resolution);

// checkpoints/step-000123 in `folder`: training_state.json and training_state.safetensors. Then removes older ones, but
// for the newest `keep_last` that were accepted. Returns the folder written.
std::filesystem::path write_training_state(const std::filesystem::path& folder, const TrainingState& state,
                                           int64_t keep_last);

// The step-* folders, oldest first, whatever they hold.
std::vector<std::filesystem::path> training_states(const std::filesystem::path& folder);
// Removes all but the newest state and the newest `keep_last` that were accepted.
void remove_old_states(const std::filesystem::path& folder, int64_t keep_last);

// The newest step-* folder, or empty.
std::filesystem::path newest_training_state(const std::filesystem::path& folder);

// The newest step-* folder that was accepted, or empty.
std::filesystem::path newest_accepted_state(const std::filesystem::path& folder);
// Removes the step-* folders beyond `step`: of steps that a roll-back undid.
void remove_training_states_after(const std::filesystem::path& folder, int64_t step);

// Throws DataError naming what is missing or damaged: its checksums are compared first.
TrainingState read_training_state(const std::filesystem::path& folder);

// Copies saved weights into the live ones. Throws DataError listing every name or shape that differs; then nothing has
// been copied. `from` is what the message names.
void restore_weights(const std::vector<model::NamedTensor>& live, const std::vector<model::NamedTensor>& saved,
                     const std::filesystem::path& from);

}  // namespace engram::checkpoint

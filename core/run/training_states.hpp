// The training states of a run: saved to go on after an interruption, and brought back when a stop rule undoes steps.
#pragma once

#include <filesystem>
#include <string_view>

#include "checkpoint/run_folder.hpp"
#include "checkpoint/training_state.hpp"
#include "checkpoint/whole_state.hpp"
#include "report/events.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"
#include "train/trainer.hpp"

namespace engram::run {

// Below so much of the rate that it began with, a run learns nothing that fp32 could hold.
inline constexpr double kLeastRateCut = 1e-6;

class TrainingStates {
 public:
  // Borrows everything. The strategies have been applied.
  TrainingStates(Preparation& prepared, const Material& material, train::Trainer& trainer,
                 const checkpoint::RunFolder& folder, report::EventLog& events);

  // Puts a saved state into model, strategies, trainer and script, cuts the event files back to it, and returns the
  // rest. Nothing is cut when that fails.
  checkpoint::TrainingRecord restore(checkpoint::TrainingState state, const std::filesystem::path& from);
  // Whether there is a state to roll back to.
  bool can_roll_back() const;
  // Model, strategies and trainer as they were at the newest accepted state that is whole; the script keeps what it
  // holds. Returns those that were passed over because they are damaged.
  std::vector<checkpoint::Damaged> roll_back();

  // Fills in what model, strategies, trainer, script and event files hold. `why`: as in the event. False: this step was
  // saved already.
  bool save(checkpoint::TrainingRecord record, std::string_view why);

 private:
  void tell(const checkpoint::TrainingRecord& record, const std::filesystem::path& folder) const;
  void put_back(const checkpoint::TrainingState& state, const std::filesystem::path& from);
  std::vector<model::NamedTensor> weights() const {
    return checkpoint::training_weights(*material_.model, prepared_.strategies, prepared_.resolution);
  }

  Preparation& prepared_;
  const Material& material_;
  train::Trainer& trainer_;
  const checkpoint::RunFolder& folder_;
  report::EventLog& events_;
  int64_t saved_step_ = -1;
};

}  // namespace engram::run

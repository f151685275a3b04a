#include "run/training_states.hpp"

#include "base/errors.hpp"

namespace engram::run {

TrainingStates::TrainingStates(Preparation& prepared, const Material& material, train::Trainer& trainer,
                               const checkpoint::RunFolder& folder, report::EventLog& events)
    : prepared_(prepared), material_(material), trainer_(trainer), folder_(folder), events_(events) {}

void TrainingStates::put_back(const checkpoint::TrainingState& state, const std::filesystem::path& from) {
  checkpoint::restore_weights(weights(), state.weights, from);
  prepared_.strategies.load_state(state.strategies);
  trainer_.restore(state.trainer, state.record.step);
}

checkpoint::TrainingRecord TrainingStates::restore(checkpoint::TrainingState state, const std::filesystem::path& from) {
  put_back(state, from);
  prepared_.script.restore(state.record.script);
  events_.cut(state.record.log_bytes);
  // An uninterrupted run saves here too, and says so.
  if (state.record.accepted) tell(state.record, from);
  // Saved again before the next step, it would no longer be a state to roll back to.
  if (state.record.accepted) saved_step_ = state.record.step;
  return std::move(state.record);
}

bool TrainingStates::can_roll_back() const { return !checkpoint::newest_accepted_state(folder_.checkpoints()).empty(); }

std::vector<checkpoint::Damaged> TrainingStates::roll_back() {
  auto found = checkpoint::newest_whole_state(folder_.checkpoints(), checkpoint::Wanted::accepted);
  if (!found) {
    throw DataError(
        {.what = "holds no training state to roll back to any more", .where = folder_.checkpoints().string()});
  }
  for (checkpoint::Damaged& damaged : found->passed_over) damaged.folder = checkpoint::set_aside(damaged);
  put_back(found->state, found->folder);
  prepared_.strategies.begin(trainer_.where());
  checkpoint::remove_training_states_after(folder_.checkpoints(), trainer_.done());
  saved_step_ = -1;
  return std::move(found->passed_over);
}

bool TrainingStates::save(checkpoint::TrainingRecord record, std::string_view why) {
  if (saved_step_ == trainer_.done()) return false;
  folder_.require_present();
  checkpoint::TrainingState state{.record = std::move(record),
                                  .weights = weights(),
                                  .trainer = trainer_.state(),
                                  .strategies = prepared_.strategies.save_state()};
  state.record.step = trainer_.done();
  state.record.what = why;
  state.record.script = prepared_.script.state();
  state.record.log_bytes = events_.flushed_bytes();
  const auto folder =
      checkpoint::write_training_state(folder_.checkpoints(), state, prepared_.recipe().checkpoints.keep_last);
  saved_step_ = state.record.step;
  tell(state.record, folder);
  return true;
}

void TrainingStates::tell(const checkpoint::TrainingRecord& record, const std::filesystem::path& folder) const {
  events_.checkpoint(record.step, record.what, "checkpoints/" + folder.filename().string());
}

}  // namespace engram::run

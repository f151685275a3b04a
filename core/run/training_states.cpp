#include "run/training_states.hpp"

namespace engram::run {

TrainingStates::TrainingStates(Preparation& prepared, const Material& material, train::Trainer& trainer,
                               const checkpoint::RunFolder& folder, report::EventLog& events)
    : prepared_(prepared), material_(material), trainer_(trainer), folder_(folder), events_(events) {}

checkpoint::TrainingState TrainingStates::put_back(const std::filesystem::path& from) {
  checkpoint::TrainingState state = checkpoint::read_training_state(from);
  checkpoint::restore_weights(weights(), state.weights, from);
  prepared_.strategies.load_state(state.strategies);
  trainer_.restore(state.trainer, state.step);
  return state;
}

checkpoint::TrainingState TrainingStates::restore(const std::filesystem::path& from) {
  checkpoint::TrainingState state = put_back(from);
  prepared_.script.restore(state.script);
  // Saved again before the next step, it would no longer be a state to roll back to.
  if (state.accepted) saved_step_ = state.step;
  return state;
}

bool TrainingStates::can_roll_back() const { return !checkpoint::newest_accepted_state(folder_.checkpoints()).empty(); }

void TrainingStates::roll_back() {
  put_back(checkpoint::newest_accepted_state(folder_.checkpoints()));
  prepared_.strategies.begin(trainer_.where());
  checkpoint::remove_training_states_after(folder_.checkpoints(), trainer_.done());
  saved_step_ = -1;
}

void TrainingStates::save(checkpoint::TrainingState state, std::string_view why) {
  if (saved_step_ == trainer_.done()) return;
  state.step = trainer_.done();
  state.script = prepared_.script.state();
  state.weights = weights();
  state.trainer = trainer_.state();
  state.strategies = prepared_.strategies.save_state();
  const auto folder =
      checkpoint::write_training_state(folder_.checkpoints(), state, prepared_.recipe().checkpoints.keep_last);
  saved_step_ = state.step;
  events_.checkpoint(saved_step_, why, std::filesystem::relative(folder, folder_.path()).string());
}

}  // namespace engram::run

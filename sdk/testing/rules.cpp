#include "rules.hpp"

namespace engram::contract {
namespace {

void collect_unfinite(Trial& trial, const train::StepResult& result, std::vector<std::string>& found) {
  const std::string step = "step " + std::to_string(result.step) + ": ";
  const auto look = [&](const std::string& what, const at::Tensor& tensor) {
    if (tensor.defined() && !at::isfinite(tensor).all().item<bool>()) found.push_back(step + what + " is not finite");
  };
  look("the loss", result.loss);
  for (const auto& [name, value] : result.terms) look("the loss term " + name, value);
  for (const auto& [name, value] : result.penalties) look("the penalty " + name, value);
  for (const model::NamedTensor& entry : trial.model().parameters()) {
    look("the gradient of " + entry.name, entry.tensor.grad());
  }
  for (const model::NamedTensor& entry : trial.strategies().claimed_tensors()) {
    look("the gradient of " + entry.name, entry.tensor.grad());
    look(entry.name, entry.tensor.detach());
  }
}

void collect_strayed(Trial& trial, int64_t step, double epoch, const TensorsByName& before,
                     std::vector<std::string>& found) {
  for (const model::NamedTensor& entry : trial.model().parameters()) {
    const strategy::ResolvedTensor* tensor = trial.resolution().find(entry.name);
    if (tensor != nullptr && tensor->trains_at(step, epoch)) continue;
    if (at::equal(before.at(entry.name), entry.tensor.detach())) continue;
    found.push_back("step " + std::to_string(step + 1) + ": " + entry.name + " changed, and it does not train");
  }
}

}  // namespace

Trial& Subject::trained() {
  if (trial_ && trial_->trainer().finished()) return *trial_;
  if (tried_) throw NotReached("training did not come to its end");
  tried_ = true;
  trial_ = std::make_unique<Trial>(contract_, family_);
  train::Trainer& trainer = trial_->trainer();
  while (!trainer.finished()) {
    const TensorsByName before = trial_->tensors();
    const int64_t step = trainer.done();
    const double epoch = trainer.epoch();
    const train::StepResult result = trial_->step();
    collect_unfinite(*trial_, result, observed_.not_finite);
    collect_strayed(*trial_, step, epoch, before, observed_.strayed);
  }
  return *trial_;
}

void require_equal(const TensorsByName& expected, const TensorsByName& found, const std::string& what) {
  for (const auto& [name, tensor] : expected) {
    const at::Tensor other = found.at(name);
    if (at::equal(tensor, other)) continue;
    const double by = (tensor - other).abs().max().item<double>();
    throw Broken(what + ": " + name + " differs by up to " + std::to_string(by));
  }
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"the plugin loads with these settings", loads, Weight::the_rest_builds_on_it},
      {"plan is pure and repeatable", plan_is_pure},
      {"the claims match the model", claims_match, Weight::the_rest_builds_on_it},
      {"the same seed gives the same start", start_repeats},
      {"the model starts as it was", starts_as_it_was},
      {"loss and gradients are finite", all_is_finite},
      {"only claimed parameters change", only_claimed_changes},
      {"a restored run takes the same next step", restored_step_is_the_same},
      {"merged weights do what the adapters do", merged_equals_adapters},
      {"the end of a run leaves the weights alone", end_leaves_weights_alone},
      {"detached, the model is what its weights say", detached_is_the_weights},
  };
  return all;
}

}  // namespace engram::contract

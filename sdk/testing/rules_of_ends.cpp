// Rules of what is left after training.
#include "rules.hpp"

namespace engram::contract {
namespace {

std::string with_difference(const std::string& text, const at::Tensor& expected, const at::Tensor& found) {
  return text + ": a logit differs by " + std::to_string((expected - found).abs().max().item<double>()) +
         ", the largest being " + std::to_string(expected.abs().max().item<double>());
}

// Parameters of the model and tensors that train; what a strategy keeps for itself it may change.
TensorsByName weights(const Trial& trial) {
  TensorsByName all = trial.tensors();
  std::erase_if(all, [&](const auto& entry) {
    const strategy::ResolvedTensor* tensor = trial.resolution().find(entry.first);
    return tensor != nullptr && tensor->claimed && tensor->kept;
  });
  return all;
}

bool trunk_trains(const Trial& trial) {
  const auto& tensors = trial.resolution().tensors;
  return std::any_of(tensors.begin(), tensors.end(), [](const strategy::ResolvedTensor& tensor) {
    return !tensor.claimed && tensor.ever_trains() && !tensor.name.starts_with("heads.");
  });
}

at::Tensor original_logits(const at::Tensor& both) { return both.slice(1, 2); }

}  // namespace

void merged_equals_adapters(Subject& subject) {
  Trial& trial = subject.trained();
  const strategy::Resolution& resolution = trial.resolution();
  if (resolution.adapters.empty()) throw NotApplicable("it claims no adapter");
  if (!resolution.prefixes.empty() || resolution.prompt) throw NotApplicable("virtual tokens cannot be merged");
  const at::Tensor expected = logits(trial.model());
  const auto merged = with_parameters(subject.family(), trial.strategies().merged_parameters(trial.model()));
  const at::Tensor found = logits(*merged);
  if (at::allclose(expected, found, 0, 1e-5 * expected.abs().max().item<double>())) return;
  throw Broken(with_difference("the merged model answers otherwise than the one with adapters", expected, found));
}

void end_leaves_weights_alone(Subject& subject) {
  Trial& trial = subject.trained();
  const TensorsByName before = weights(trial);
  trial.finish();
  require_equal(before, weights(trial), "end() or a finish claim changed weights");
}

void detached_is_the_weights(Subject& subject) {
  Trial& trial = subject.trained();
  trial.model().detach_all();
  const at::Tensor found = logits(trial.model());
  const at::Tensor plain = logits(*with_parameters(subject.family(), trial.model().parameters()));
  if (!at::equal(plain, found)) {
    throw Broken(with_difference("the detached model answers otherwise than a model of its weights", plain, found));
  }
  if (trunk_trains(trial)) return;
  const at::Tensor base = original_logits(logits(*subject.family().make()));
  if (at::equal(base, original_logits(found))) return;
  throw Broken(with_difference("the detached model has not the logits of the base for the kept task", base,
                               original_logits(found)));
}

}  // namespace engram::contract

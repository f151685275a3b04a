#include "run/candidates.hpp"

#include <ATen/core/grad_mode.h>

#include "model/swapped_weights.hpp"
#include "strategy/candidate.hpp"

namespace engram::run {
namespace {

std::map<std::string, at::Tensor> on_device(const std::map<std::string, at::Tensor>& weights, at::Device device) {
  std::map<std::string, at::Tensor> placed;
  for (const auto& [name, value] : weights) placed[name] = value.detach().to(device, at::kFloat).contiguous();
  return placed;
}

}  // namespace

Candidates::Candidates(Preparation& prepared, const Material& material, Scoring& scoring,
                       const recipe::History& history, OnScored on_scored)
    : prepared_(prepared),
      material_(material),
      scoring_(scoring),
      history_(history),
      on_scored_(std::move(on_scored)) {}

std::vector<std::string> Candidates::trained() const { return strategy::trained_trunk(model(), prepared_.resolution); }

at::Tensor Candidates::start(const std::string& name) const { return prepared_.strategies.start_weights().at(name); }

at::Tensor Candidates::parameter(const std::string& name) const { return material_.model->parameter(name).detach(); }

// The stop rule sees the candidate as the newest evaluation: what it would roll back is no result.
bool Candidates::is_best(const recipe::Evaluation& evaluation) {
  const double bar = best_ ? best_->evaluation.score : history_.evaluations[history_.best].score;
  if (evaluation.score <= bar) return false;
  recipe::History with = history_;
  with.evaluations.push_back(evaluation);
  with.best = with.evaluations.size() - 1;
  const recipe::StopDecision decision = prepared_.script.stop(with);
  return !(decision.stop && decision.rollback);
}

sdk::FinishView::Scored Candidates::candidate(const std::string& label,
                                              const std::map<std::string, at::Tensor>& weights) {
  const at::NoGradGuard no_grad;
  strategy::check_candidate(label, weights, *material_.model, prepared_.resolution);
  const model::SwappedWeights swapped(*material_.model, on_device(weights, material_.model->device()));
  const recipe::Evaluation& last = history_.evaluations.back();
  Candidate now{.label = label,
                .evaluation = {.step = last.step, .epoch = last.epoch, .metrics = scoring_.score_now()}};
  now.evaluation.score = prepared_.script.score(now.evaluation.metrics, history_.baseline);
  const bool best = is_best(now.evaluation);
  if (best) best_ = now;
  ++scored_;
  on_scored_(now, best);

  Scored scored{.score = now.evaluation.score};
  for (const auto& [set, metrics] : now.evaluation.metrics) {
    for (const auto& [metric, value] : metrics) scored.metrics[set + "." + metric] = value;
  }
  return scored;
}

}  // namespace engram::run

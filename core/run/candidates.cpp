#include "run/candidates.hpp"

#include <ATen/core/grad_mode.h>

#include "base/text.hpp"
#include "engram/sdk/error.hpp"

namespace engram::run {
namespace {

// Other values in the model's own parameters for the length of a scope; the old ones come back bit for bit.
class SwappedWeights {
 public:
  SwappedWeights(const model::Model& model, const std::map<std::string, at::Tensor>& weights) {
    std::vector<at::Tensor> values;
    for (const auto& [name, value] : weights) {
      const at::Tensor live = model.parameter(name);
      kept_.emplace_back(live, live.detach());
      values.push_back(value.detach().to(live.device(), at::kFloat).contiguous());
    }
    // Only now, when nothing is left that could fail: a destructor does not run for half a constructor.
    for (size_t i = 0; i < values.size(); ++i) kept_[i].first.set_data(values[i]);
  }
  ~SwappedWeights() {
    for (const auto& [live, value] : kept_) live.set_data(value);
  }
  SwappedWeights(const SwappedWeights&) = delete;
  SwappedWeights& operator=(const SwappedWeights&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;
};

}  // namespace

Candidates::Candidates(Preparation& prepared, const Material& material, Scoring& scoring,
                       const recipe::History& history, OnScored on_scored)
    : prepared_(prepared),
      material_(material),
      scoring_(scoring),
      history_(history),
      on_scored_(std::move(on_scored)) {}

std::vector<std::string> Candidates::trained() const {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : model().parameters) {
    if (parameter.role == sdk::Role::head) continue;
    if (prepared_.resolution.find(parameter.name)->ever_trains()) names.push_back(parameter.name);
  }
  return names;
}

at::Tensor Candidates::start(const std::string& name) const { return prepared_.strategies.start_weights().at(name); }

at::Tensor Candidates::parameter(const std::string& name) const { return material_.model->parameter(name).detach(); }

void Candidates::check(const std::string& label, const std::map<std::string, at::Tensor>& weights) const {
  const std::vector<std::string> allowed = trained();
  for (const auto& [name, value] : weights) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      throw sdk::Error("the candidate '" + label + "' gives weights for '" + name +
                       "', which is no parameter that trained" + text::did_you_mean(name, allowed));
    }
    if (value.sizes() != parameter(name).sizes()) {
      throw sdk::Error("the candidate '" + label + "' gives '" + name + "' another shape");
    }
    if (!at::isfinite(value).all().item<bool>()) {
      throw sdk::Error("the candidate '" + label + "' gives '" + name + "' values that are not finite");
    }
  }
}

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
  check(label, weights);
  const SwappedWeights swapped(*material_.model, weights);
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

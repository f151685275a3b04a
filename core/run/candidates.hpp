// Weights that strategies propose after training: scored like any checkpoint, kept when they are the best.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engram/sdk/views.hpp"
#include "recipe/history.hpp"
#include "report/views.hpp"
#include "run/material.hpp"
#include "run/scoring.hpp"

namespace engram::run {

// One proposal and what it scored.
struct Candidate {
  std::string label;
  recipe::Evaluation evaluation;
};

class Candidates final : public sdk::FinishView {
 public:
  // What happens while a candidate's weights are in the model. `best`: it is the best so far.
  using OnScored = std::function<void(const Candidate&, bool best)>;

  // Borrows everything. The strategies have been applied; training is over.
  Candidates(Preparation& prepared, const Material& material, Scoring& scoring, const recipe::History& history,
             OnScored on_scored);

  const sdk::ModelView& model() const override { return material_.model->view(); }
  std::vector<std::string> trained() const override;
  at::Tensor start(const std::string& name) const override;
  at::Tensor parameter(const std::string& name) const override;
  Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) override;

  // The candidate that became the run's result, if one did.
  const std::optional<Candidate>& best() const { return best_; }
  int64_t scored() const { return scored_; }

 private:
  bool is_best(const recipe::Evaluation& evaluation);

  Preparation& prepared_;
  const Material& material_;
  Scoring& scoring_;
  const recipe::History& history_;
  OnScored on_scored_;
  std::optional<Candidate> best_;
  int64_t scored_ = 0;
};

}  // namespace engram::run

#include "train/loss_terms.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/text.hpp"
#include "engram/sdk/error.hpp"
#include "engram/sdk/views.hpp"
#include "strategy/views.hpp"
#include "train/precision.hpp"

namespace engram::train {
namespace {

class TermView final : public sdk::LossView, public strategy::Lent {
 public:
  explicit TermView(const strategy::BoundLossTerm& term) : claim_(term.claim), tensor_(term.tensor) {}

  void open(const TermInput& input) {
    Lent::open();
    input_ = &input;
  }

  at::Tensor logits(const std::string& task) const override {
    return claimed(input().now.logits, claim_.heads, task, "logits of the task");
  }
  at::Tensor start_logits(const std::string& task) const override {
    check_start();
    return claimed(input().start.logits, claim_.heads, task, "logits of the task");
  }
  at::Tensor tap(const std::string& name) const override { return claimed(input().now.taps, claim_.taps, name, "tap"); }
  at::Tensor start_tap(const std::string& name) const override {
    check_start();
    return claimed(input().start.taps, claim_.taps, name, "tap");
  }
  at::Tensor labels() const override { return input().batch.labels_B; }
  const std::vector<int64_t>& offsets() const override { return input().offsets; }
  const std::vector<int64_t>& start_offsets() const override { return input().batch.offsets; }
  const std::vector<int64_t>& examples() const override { return input().batch.rows; }
  at::Tensor tensor(const std::string& name) const override { return tensor_(name); }

 private:
  void check_start() const {
    if (!claim_.start) throw sdk::Error("the loss term did not claim to read the untouched model: start = true");
  }
  static at::Tensor claimed(const std::map<std::string, at::Tensor>& read, const std::vector<std::string>& claimed,
                            const std::string& name, const std::string& kind) {
    if (std::find(claimed.begin(), claimed.end(), name) == claimed.end()) {
      throw sdk::Error("the loss term did not claim to read the " + kind + " '" + name + "'" +
                       text::did_you_mean(name, claimed));
    }
    return read.at(name);
  }

  const TermInput& input() const {
    require_open();
    return *input_;
  }

  const sdk::LossTerm claim_;
  const sdk::TensorByName tensor_;
  const TermInput* input_ = nullptr;
};

TermView& view_of(const strategy::BoundLossTerm& term) {
  if (!term.view) term.view = std::make_shared<TermView>(term);
  return static_cast<TermView&>(*term.view);
}

}  // namespace

std::vector<ActiveTerm> active_terms(const std::vector<strategy::BoundLossTerm>& terms, const Factors& factors) {
  std::vector<ActiveTerm> active;
  for (const strategy::BoundLossTerm& term : terms) {
    const double strength = term.weight * factor_of(factors, term.schedulable);
    if (strength != 0) active.push_back({&term, strength});
  }
  return active;
}

TermReads reads_of(const std::vector<ActiveTerm>& terms) {
  TermReads reads;
  for (const ActiveTerm& active : terms) {
    const sdk::LossTerm& claim = active.term->claim;
    reads.heads.insert(claim.heads.begin(), claim.heads.end());
    reads.taps.insert(claim.taps.begin(), claim.taps.end());
    if (!claim.start) continue;
    reads.start_heads.insert(claim.heads.begin(), claim.heads.end());
    reads.start_taps.insert(claim.taps.begin(), claim.taps.end());
  }
  return reads;
}

Reading read_start(const model::Model& model, const strategy::StartWeights& start, const data::Batch& batch,
                   const TermReads& reads, recipe::Precision precision) {
  Reading reading;
  if (reads.start_heads.empty() && reads.start_taps.empty()) return reading;
  model::Pass pass{.adapters = false};
  if (!reads.start_taps.empty()) {
    pass.on_tap = [&](const std::string& tap, const at::Tensor& hidden_TH) {
      if (reads.start_taps.contains(tap)) reading.taps[tap] = hidden_TH.to(at::kFloat);
    };
  }
  start.swapped_in([&] {
    const at::NoGradGuard no_grad;
    const PrecisionScope scope(model.device(), precision);
    const at::Tensor pooled_BH = model.pooled(batch, pass);
    for (const std::string& task : reads.start_heads) {
      reading.logits[task] = model.head_logits(pooled_BH, task, pass).to(at::kFloat);
    }
  });
  return reading;
}

at::Tensor add_terms(const std::vector<ActiveTerm>& terms, const TermInput& input, int64_t examples,
                     std::map<std::string, at::Tensor>& values) {
  at::Tensor sum;
  for (const ActiveTerm& active : terms) {
    TermView& view = view_of(*active.term);
    view.open(input);
    const Loan loan(view);
    const at::Tensor sum_over_sequences = active.term->claim.loss(view);
    const at::Tensor value =
        sum_over_sequences.to(at::kFloat).reshape({}) * (active.strength / static_cast<double>(examples));
    at::Tensor& total = values[active.term->name];
    total = total.defined() ? total + value.detach() : value.detach();
    sum = sum.defined() ? sum + value : value;
  }
  return sum;
}

}  // namespace engram::train

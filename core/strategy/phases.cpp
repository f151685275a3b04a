// The phases of a run: every strategy in recipe order, guarded, with gradients of nothing recorded.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "strategy/strategies.hpp"
#include "strategy/strategies_state.hpp"
#include "strategy/tensor_version.hpp"

namespace engram::strategy {
namespace {

std::vector<int64_t> gradient_versions(const std::vector<model::NamedTensor>& trainable) {
  std::vector<int64_t> versions;
  for (const model::NamedTensor& entry : trainable) {
    const at::Tensor& gradient = entry.tensor.grad();
    versions.push_back(gradient.defined() ? version_of(gradient) : -1);
  }
  return versions;
}

void check_untouched(const StrategyRun& run, const std::vector<model::NamedTensor>& trainable,
                     const std::vector<int64_t>& before) {
  const std::vector<int64_t> after = gradient_versions(trainable);
  for (size_t i = 0; i < trainable.size(); ++i) {
    if (after[i] == before[i]) continue;
    throw run.call("on_gradients", trainable[i].name)
        .offence("it changed the gradient, which is read only there", "claim a projection by plan.project()");
  }
}

// A projection changes values in place, and nothing else of a gradient.
void check_projected(const CallSite& call, const std::vector<model::NamedTensor>& trainable) {
  for (const model::NamedTensor& entry : trainable) {
    const at::Tensor& gradient = entry.tensor.grad();
    if (!gradient.defined() || gradient.sizes() == entry.tensor.sizes()) continue;
    throw call.offence("it gave the gradient of " + entry.name + " the shape " + text::shape(gradient.sizes().vec()) +
                           " instead of " + text::shape(entry.tensor.sizes().vec()),
                       "change gradients in place");
  }
}

// The first gradient with a value that is not finite; empty: none.
std::string first_not_finite(const std::vector<model::NamedTensor>& trainable) {
  for (const model::NamedTensor& entry : trainable) {
    const at::Tensor& gradient = entry.tensor.grad();
    if (gradient.defined() && !at::isfinite(gradient).all().item<bool>()) return entry.name;
  }
  return {};
}

const PassResults kNoPasses;

// FinishView::candidate() is the host's work: what it writes meanwhile is not the plugin's.
class WatchedFinish final : public sdk::FinishView, public Lent {
 public:
  WatchedFinish(sdk::FinishView& view, CallSite call) : view_(view), call_(std::move(call)) {}
  const sdk::ModelView& model() const override { return view().model(); }
  std::vector<std::string> trained() const override { return view().trained(); }
  at::Tensor start(const std::string& name) const override { return view().start(name); }
  at::Tensor parameter(const std::string& name) const override { return view().parameter(name); }
  Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) override {
    require_open();
    if (call_.watch) call_.watch->pause(call_);
    Scored scored = view_.candidate(label, weights);
    if (call_.watch) call_.watch->resume();
    return scored;
  }

 private:
  sdk::FinishView& view() const {
    require_open();
    return view_;
  }

  sdk::FinishView& view_;
  CallSite call_;
};

}  // namespace

template <class Function>
void Strategies::State::in_phase(const std::string& phase, const Where& where, const PassResults& passes,
                                 const Function& function) {
  require_applied();
  const at::NoGradGuard no_grad;
  for (StrategyRun& run : runs) {
    run.step_view->open(where, passes);
    const Loan loan(*run.step_view);
    guarded(run.call(phase), [&] { function(run, *run.step_view); });
  }
}

void Strategies::begin(const Where& where) {
  state_->in_phase("begin", where, kNoPasses,
                   [](const StrategyRun& run, const HostStepView& view) { run.object->begin(view); });
}

void Strategies::on_gradients(const Where& where, const std::vector<model::NamedTensor>& trainable) {
  HostGradView& gradients = state_->grad_view;
  gradients.open(trainable);
  const Loan loan(gradients);
  const std::vector<int64_t> before = gradient_versions(trainable);
  state_->in_phase("on_gradients", where, kNoPasses, [&](const StrategyRun& run, const HostStepView& view) {
    run.object->on_gradients(view, gradients);
    check_untouched(run, trainable, before);
  });
}

void Strategies::project(const Where& where, const std::vector<model::NamedTensor>& trainable) {
  if (state_->resolution == nullptr || !state_->resolution->project) return;
  const auto& [strategy, claim] = *state_->resolution->project;
  const StrategyRun& run = state_->run(strategy);
  const at::NoGradGuard no_grad;
  run.step_view->open(where, kNoPasses);
  const Loan step_loan(*run.step_view);
  HostGradEdit& gradients = state_->grad_edit;
  gradients.open(trainable, *run.step_view);
  const Loan loan(gradients);
  const CallSite call = run.call("projection", claim.name);
  const bool was_finite = call.watch && first_not_finite(trainable).empty();
  guarded(call, [&] { claim.project(gradients); });
  check_projected(call, trainable);
  if (!was_finite) return;
  const std::string broken = first_not_finite(trainable);
  if (!broken.empty()) throw call.offence("it left a value that is not finite in the gradient of " + broken);
}

void Strategies::on_update(const Where& where) {
  state_->in_phase("on_update", where, kNoPasses,
                   [](const StrategyRun& run, const HostStepView& view) { run.object->on_update(view); });
}

void Strategies::end(const Where& where, const PassResults& passes) {
  state_->in_phase("end", where, passes,
                   [](const StrategyRun& run, const HostStepView& view) { run.object->end(view); });
}

void Strategies::finish(sdk::FinishView& view) {
  state_->require_applied();
  const at::NoGradGuard no_grad;
  for (const auto& [strategy, claim] : state_->resolution->finishes) {
    const CallSite call = state_->run(strategy).call("finish", claim.name);
    const auto lent = std::make_shared<WatchedFinish>(view, call);
    state_->finish_views.push_back(lent);
    const Loan loan(*lent);
    guarded(call, [&] { claim.finish(*lent); });
  }
}

void Strategies::step_begins() {
  if (state_->watch) state_->watch->step_begins();
}

void Strategies::step_ends() {
  if (state_->watch) state_->watch->step_ends();
}

void Strategies::backward(const at::Tensor& objective) const {
  const std::string owners = state_->graph_owners();
  if (owners.empty()) {
    objective.backward();
    return;
  }
  guarded({.plugin = owners, .phase = "the backward pass of what it adds"}, [&] { objective.backward(); });
}

sdk::Forward Strategies::guarded_forward(const ResolvedPass& pass) const {
  sdk::Forward forward = std::get<sdk::Forward>(pass.pass.work);
  const CallSite call = state_->run(pass.strategy).call("pass", pass.pass.name);
  forward.visit = [visit = forward.visit, call](const sdk::ForwardView& view) { guarded(call, [&] { visit(view); }); };
  return forward;
}

}  // namespace engram::strategy

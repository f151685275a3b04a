// The phases of a run: every strategy in recipe order, guarded, with gradients of nothing recorded.
#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"
#include "strategy/strategies.hpp"
#include "strategy/strategies_state.hpp"

namespace engram::strategy {
namespace {

std::vector<int64_t> gradient_versions(const std::vector<model::NamedTensor>& trainable) {
  std::vector<int64_t> versions;
  for (const model::NamedTensor& entry : trainable) {
    const at::Tensor& gradient = entry.tensor.grad();
    versions.push_back(gradient.defined() ? gradient._version() : -1);
  }
  return versions;
}

void check_untouched(const StrategyRun& run, const std::vector<model::NamedTensor>& trainable,
                     const std::vector<int64_t>& before) {
  const std::vector<int64_t> after = gradient_versions(trainable);
  for (size_t i = 0; i < trainable.size(); ++i) {
    if (after[i] == before[i]) continue;
    throw PluginError(Fault{"strategy '" + run.id + "', on_gradients, at " + trainable[i].name +
                                ": it changed the gradient, which is read only there",
                            run.place.text()});
  }
}

const PassResults kNoPasses;

}  // namespace

template <class Function>
void Strategies::State::in_phase(const std::string& phase, const Where& where, const PassResults& passes,
                                 const Function& function) {
  require_applied();
  const at::NoGradGuard no_grad;
  const StepSources sources{*model, *resolution, *start, passes};
  for (StrategyRun& run : runs) {
    guarded(run.call(phase), [&] { function(run, HostStepView(run.id, where, run.tensors, sources)); });
  }
}

void Strategies::begin(const Where& where) {
  state_->in_phase("begin", where, kNoPasses,
                   [](const StrategyRun& run, const HostStepView& view) { run.object->begin(view); });
}

void Strategies::on_gradients(const Where& where, const std::vector<model::NamedTensor>& trainable) {
  const HostGradView gradients(trainable);
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
  const StepSources sources{*state_->model, *state_->resolution, *state_->start, kNoPasses};
  HostGradEdit gradients(trainable, HostStepView(run.id, where, run.tensors, sources));
  guarded(run.call("projection", claim.name), [&] { claim.project(gradients); });
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
    guarded(state_->run(strategy).call("finish", claim.name), [&] { claim.finish(view); });
  }
}

sdk::Forward Strategies::guarded_forward(const ResolvedPass& pass) const {
  sdk::Forward forward = std::get<sdk::Forward>(pass.pass.work);
  const CallSite call = state_->run(pass.strategy).call("pass", pass.pass.name);
  forward.visit = [visit = forward.visit, call](const sdk::ForwardView& view) { guarded(call, [&] { visit(view); }); };
  return forward;
}

}  // namespace engram::strategy

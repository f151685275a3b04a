// Claims become tensors, adapters and virtual tokens: allocation, initialisation, attachment, and merging back.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"
#include "base/seeds.hpp"
#include "base/text.hpp"
#include "strategy/bind.hpp"
#include "strategy/strategies.hpp"
#include "strategy/strategies_state.hpp"

namespace engram::strategy {
namespace {

// Claimed tensors as zeros on the CPU: initialisation draws there, so that every device starts alike.
void allocate(const Resolution& resolution, std::vector<StrategyRun>& runs) {
  for (StrategyRun& run : runs) {
    const std::string space = run.id + ".";
    for (const ResolvedTensor& tensor : resolution.tensors) {
      if (!tensor.claimed || tensor.owner != run.id) continue;
      const std::string name = tensor.name.substr(space.size());
      run.tensor_order.push_back(name);
      run.tensors[name] = at::zeros(tensor.shape, at::kFloat);
    }
  }
}

void initialise(StrategyRun& run, const model::Model& model, const Resolution& resolution, uint64_t seed,
                const InitServices& services) {
  const OwnTensors given = run.tensors;
  const uint64_t own_seed = derive_seed(seed, "strategy:" + run.id);
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(own_seed);
  run.init_view = std::make_shared<HostInitView>(run.id, model, given, generator, services);
  const Loan loan(*run.init_view);
  guarded(run.call("initialise"), [&] { run.object->initialise(*run.init_view); });
  for (const auto& [name, tensor] : given) {
    const CallSite call = run.call("initialise", name);
    if (tensor.sizes() != at::IntArrayRef(resolution.find(run.id + "." + name)->shape)) {
      throw call.offence("it left the shape " + text::shape(tensor.sizes().vec()), "fill the tensor in place");
    }
    if (!at::isfinite(tensor).all().item<bool>()) throw call.offence("it left a value that is not finite");
  }
}

void place(StrategyRun& run, const Resolution& resolution, at::Device device) {
  for (auto& [name, tensor] : run.tensors) {
    tensor = tensor.to(device);
    tensor.set_requires_grad(!resolution.find(run.id + "." + name)->kept);
  }
}

void watch_claimed(Watch& watch, const std::vector<StrategyRun>& runs) {
  for (const StrategyRun& run : runs) {
    for (const std::string& name : run.tensor_order) {
      watch.look_at(run.id + "." + name, run.id, run.tensors.at(name));
    }
  }
}

void attach(model::Model& model, const Resolution& resolution, const Strategies::State& state) {
  for (const ResolvedAdapter& adapter : resolution.adapters) {
    model.attach(adapter.adapt.site, bind_adapter(adapter.adapt, state.run(adapter.strategy)));
  }
  for (const auto& [strategy, prefix] : resolution.prefixes) {
    model.attach_prefix(prefix.site, bind_prefix(prefix, model, state.run(strategy)));
  }
  if (resolution.prompt) {
    const auto& [strategy, prompt] = *resolution.prompt;
    model.attach_prompt(bind_prompt(prompt, model, state.run(strategy)));
  }
}

BoundClaims bind_step(const Resolution& resolution, const Strategies::State& state) {
  BoundClaims bound;
  for (const auto& [strategy, penalty] : resolution.penalties) {
    bound.penalties.push_back(bind_penalty(penalty, state.run(strategy), state));
  }
  for (const auto& [strategy, term] : resolution.loss_terms) {
    bound.loss_terms.push_back(bind_loss_term(term, state.run(strategy)));
  }
  return bound;
}

}  // namespace

void Strategies::apply(model::Model& model, const Resolution& resolution, uint64_t seed, Start start,
                       const InitServices& services) {
  state_->model = &model;
  state_->resolution = std::make_unique<const Resolution>(resolution);
  state_->start = std::make_unique<StartWeights>(model, resolution.snapshot);
  allocate(resolution, state_->runs);
  if (state_->watch) {
    for (const model::NamedTensor& entry : model.parameters()) {
      state_->watch->look_at(entry.name, "", entry.tensor);
    }
  }
  const at::NoGradGuard no_grad;
  for (StrategyRun& run : state_->runs) {
    if (start == Start::fresh) initialise(run, model, resolution, seed, services);
    place(run, resolution, model.device());
  }
  for (StrategyRun& run : state_->runs) {
    run.step_view =
        std::make_shared<HostStepView>(run.id, run.tensors, StepSources{model, *state_->resolution, *state_->start});
  }
  if (state_->watch) watch_claimed(*state_->watch, state_->runs);
  attach(model, resolution, *state_);
  state_->bound = bind_step(resolution, *state_);
}

const BoundClaims& Strategies::bound() const {
  state_->require_applied();
  return state_->bound;
}

const StartWeights& Strategies::start_weights() const {
  state_->require_applied();
  return *state_->start;
}

std::vector<model::NamedTensor> Strategies::claimed_tensors() const {
  std::vector<model::NamedTensor> tensors;
  for (const StrategyRun& run : state_->runs) {
    for (const std::string& name : run.tensor_order) tensors.push_back({run.id + "." + name, run.tensors.at(name)});
  }
  return tensors;
}

std::vector<model::NamedTensor> Strategies::merged_parameters(const model::Model& model) const {
  state_->require_applied();
  const at::NoGradGuard no_grad;
  std::vector<model::NamedTensor> parameters = model.parameters();
  for (model::NamedTensor& parameter : parameters) {
    const at::Tensor base = parameter.tensor;
    for (const ResolvedAdapter& adapter : state_->resolution->adapters) {
      if (adapter.adapt.site + ".weight" != parameter.name) continue;
      const model::BoundAdapter bound = bind_adapter(adapter.adapt, state_->run(adapter.strategy));
      parameter.tensor = parameter.tensor + model::merged_delta(bound, base);
    }
  }
  return parameters;
}

}  // namespace engram::strategy

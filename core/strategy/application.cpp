// Claims become tensors and adapters: allocation, initialisation, attachment, and merging back.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"
#include "base/seeds.hpp"
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

void initialise(StrategyRun& run, const model::Model& model, uint64_t seed) {
  const OwnTensors given = run.tensors;
  HostInitView view(model, given, at::make_generator<at::CPUGeneratorImpl>(derive_seed(seed, "strategy:" + run.id)));
  guarded(run.call("initialise"), [&] { run.object->initialise(view); });
  for (const auto& [name, tensor] : given) {
    if (at::isfinite(tensor).all().item<bool>()) continue;
    throw PluginError(
        Fault{"strategy '" + run.id + "', initialise, at " + name + ": it left a value that is not finite",
              run.place.text()});
  }
}

void place(StrategyRun& run, const Resolution& resolution, at::Device device) {
  for (auto& [name, tensor] : run.tensors) {
    tensor = tensor.to(device);
    tensor.set_requires_grad(!resolution.find(run.id + "." + name)->kept);
  }
}

// A Custom adapter whose functions are guarded like every other call into a plugin.
sdk::Custom guarded_custom(const sdk::Custom& custom, const CallSite& call) {
  sdk::Custom safe;
  safe.delta = [custom, call](const sdk::AdapterPass& pass, const at::Tensor& x, const at::Tensor& base_out) {
    return guarded(call, [&] { return custom.delta(pass, x, base_out); });
  };
  safe.merged_delta = [custom, call](const sdk::AdapterPass& pass) {
    return guarded(call, [&] { return custom.merged_delta(pass); });
  };
  return safe;
}

std::function<at::Tensor(const std::string&)> tensor_by_name(const OwnTensors& tensors, const CallSite& call) {
  return [tensors, call](const std::string& name) {
    const auto found = tensors.find(name);
    if (found != tensors.end()) return found->second;
    throw PluginError(Fault{
        "strategy '" + call.plugin + "', adapter, at " + call.site + ": there is no claimed tensor '" + name + "'",
        call.place.text()});
  };
}

model::BoundAdapter bind(const sdk::Adapt& adapt, const StrategyRun& run) {
  if (const auto* low_rank = std::get_if<sdk::LowRank>(&adapt.adapter)) {
    return model::BoundLowRank{run.tensors.at(low_rank->a), run.tensors.at(low_rank->b), low_rank->scale,
                               low_rank->dropout};
  }
  const CallSite call = run.call("adapter", adapt.site);
  return model::BoundCustom{guarded_custom(std::get<sdk::Custom>(adapt.adapter), call),
                            tensor_by_name(run.tensors, call)};
}

// What one adapter adds to its site's weight (out, in), fp32.
at::Tensor merged_delta(const sdk::Adapt& adapt, const StrategyRun& run, const at::Tensor& weight) {
  const model::BoundAdapter bound = bind(adapt, run);
  if (const auto* low_rank = std::get_if<model::BoundLowRank>(&bound)) {
    return at::matmul(low_rank->b, low_rank->a).mul(low_rank->scale);
  }
  const auto& custom = std::get<model::BoundCustom>(bound);
  const auto no_dropout = [](const at::Tensor& x, double) { return x; };
  return custom.adapter.merged_delta({weight, custom.tensor, no_dropout});
}

}  // namespace

void Strategies::apply(model::Model& model, const Resolution& resolution, uint64_t seed, Start start) {
  state_->model = &model;
  state_->adapters = resolution.adapters;
  allocate(resolution, state_->runs);
  const at::NoGradGuard no_grad;
  for (StrategyRun& run : state_->runs) {
    if (start == Start::fresh) initialise(run, model, seed);
    place(run, resolution, model.device());
  }
  for (const ResolvedAdapter& adapter : resolution.adapters) {
    model.attach(adapter.adapt.site, bind(adapter.adapt, state_->run(adapter.strategy)));
  }
}

std::vector<model::NamedTensor> Strategies::claimed_tensors() const {
  std::vector<model::NamedTensor> tensors;
  for (const StrategyRun& run : state_->runs) {
    for (const std::string& name : run.tensor_order) tensors.push_back({run.id + "." + name, run.tensors.at(name)});
  }
  return tensors;
}

std::vector<model::NamedTensor> Strategies::merged_parameters(const model::Model& model) const {
  const at::NoGradGuard no_grad;
  std::vector<model::NamedTensor> parameters = model.parameters();
  for (model::NamedTensor& parameter : parameters) {
    const at::Tensor base = parameter.tensor;
    for (const ResolvedAdapter& adapter : state_->adapters) {
      if (adapter.adapt.site + ".weight" != parameter.name) continue;
      const at::Tensor delta = merged_delta(adapter.adapt, state_->run(adapter.strategy), base);
      parameter.tensor = parameter.tensor + delta;
    }
  }
  return parameters;
}

}  // namespace engram::strategy

#include "strategy/bind.hpp"

#include <algorithm>
#include <array>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "strategy/claim_match.hpp"
#include "strategy/tensor_version.hpp"

namespace engram::strategy {
namespace {

sdk::TensorByName tensor_by_name(const OwnTensors& tensors, const CallSite& call) {
  return [tensors, call](const std::string& name) {
    const auto found = tensors.find(name);
    if (found != tensors.end()) return found->second;
    throw call.offence("there is no claimed tensor '" + name + "'");
  };
}

std::string type_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return "fp32";
    case at::kDouble: return "fp64";
    case at::kHalf: return "fp16";
    case at::kBFloat16: return "bf16";
    case at::kLong: return "int64";
    default: return at::toString(type);
  }
}

std::string described(const at::Tensor& tensor, at::Device device) {
  if (!tensor.defined()) return "nothing";
  std::string words = type_name(tensor.scalar_type()) + " of shape " + text::shape(tensor.sizes().vec());
  if (tensor.device() != device) words += " on " + tensor.device().str();
  return words;
}

// What a function gave is `what` of the given shape and device, of fp32 or the type that the run computes in; under a
// watch all its values are finite.
void check_given(const at::Tensor& tensor, at::IntArrayRef shape, at::ScalarType type, at::Device device,
                 const std::string& what, const CallSite& call) {
  const bool fits = tensor.defined() && tensor.sizes() == shape && tensor.device() == device &&
                    (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == type);
  if (!fits) {
    throw call.offence("it gave " + described(tensor, device) + " as " + what + ", not " + type_name(type) +
                       " of shape " + text::shape(shape.vec()));
  }
  require_finite(call, what, tensor);
}

// The versions of what a function may only read.
std::vector<uint32_t> versions_of(const std::vector<at::Tensor>& tensors) {
  std::vector<uint32_t> versions;
  versions.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) versions.push_back(version_of(tensor));
  return versions;
}

// Runs `function` and refuses that it writes into what it reads; `names` of `read`, one each.
template <class Names, class Function>
auto reading(const std::vector<at::Tensor>& read, const Names& names, const CallSite& call, const Function& function) {
  const std::vector<uint32_t> before = versions_of(read);
  auto result = guarded(call, function);
  const std::vector<uint32_t> after = versions_of(read);
  for (size_t i = 0; i < read.size(); ++i) {
    if (after[i] == before[i]) continue;
    throw call.offence(std::string("it wrote into ") + names[i] + ", which is read only",
                       "work on a copy: tensor.clone()");
  }
  return result;
}

constexpr std::array kAdapterReads = {"x", "base_out", "the site's weight", "the site's bias"};
constexpr std::array kMergeReads = {"the site's weight"};

// A Custom adapter whose functions are guarded like every other call into a plugin.
sdk::Custom guarded_custom(const sdk::Custom& custom, const CallSite& call) {
  sdk::Custom safe = custom;
  safe.delta = [custom, call](const sdk::AdapterPass& pass, const at::Tensor& x, const at::Tensor& base_out) {
    at::Tensor delta = reading({x, base_out, pass.weight, pass.bias}, kAdapterReads, call,
                               [&] { return custom.delta(pass, x, base_out); });
    check_given(delta, base_out.sizes(), base_out.scalar_type(), base_out.device(), "its delta", call);
    return delta;
  };
  safe.merged_delta = [custom, call](const sdk::AdapterPass& pass) {
    at::Tensor delta = reading({pass.weight}, kMergeReads, call, [&] { return custom.merged_delta(pass); });
    check_given(delta, pass.weight.sizes(), at::kFloat, pass.weight.device(), "its merged delta", call);
    return delta;
  };
  return safe;
}

// Everything that a loss term may read of a view.
struct TermReads {
  std::vector<at::Tensor> tensors;
  std::vector<std::string> names;
};

TermReads reads_of(const sdk::LossTerm& term, const sdk::LossView& view) {
  TermReads reads;
  const auto add = [&](const std::string& name, at::Tensor tensor) {
    reads.names.push_back(name);
    reads.tensors.push_back(std::move(tensor));
  };
  add("the labels", view.labels());
  for (const std::string& head : term.heads) {
    add("the logits of '" + head + "'", view.logits(head));
    if (term.start) add("the untouched logits of '" + head + "'", view.start_logits(head));
  }
  for (const std::string& tap : term.taps) {
    add("the tap '" + tap + "'", view.tap(tap));
    if (term.start) add("the untouched tap '" + tap + "'", view.start_tap(tap));
  }
  return reads;
}

at::Tensor checked_loss(const at::Tensor& sum, const sdk::LossView& view, const CallSite& call) {
  const at::Tensor labels = view.labels();
  const at::Device device = labels.defined() ? labels.device() : at::Device(at::kCPU);
  const bool fits = sum.defined() && sum.numel() == 1 && sum.is_floating_point() && sum.device() == device;
  if (!fits) {
    throw call.offence("its function gave " + described(sum, device) + ", not one floating-point number",
                       "return the sum over the sequences");
  }
  require_finite(call, "the sum that it gave", sum);
  return sum;
}

std::vector<model::BoundAdapter> adapters_of(const std::string& parameter, const Strategies::State& state) {
  std::vector<model::BoundAdapter> adapters;
  for (const ResolvedAdapter& adapter : state.resolution->adapters) {
    if (adapter.adapt.site + ".weight" != parameter) continue;
    adapters.push_back(bind_adapter(adapter.adapt, state.run(adapter.strategy)));
  }
  return adapters;
}

}  // namespace

model::BoundAdapter bind_adapter(const sdk::Adapt& adapt, const StrategyRun& run) {
  if (const auto* low_rank = std::get_if<sdk::LowRank>(&adapt.adapter)) {
    return model::BoundLowRank{run.tensors.at(low_rank->a), run.tensors.at(low_rank->b), low_rank->scale,
                               low_rank->dropout};
  }
  const CallSite call = run.call("adapter", adapt.site);
  return model::BoundCustom{guarded_custom(std::get<sdk::Custom>(adapt.adapter), call),
                            tensor_by_name(run.tensors, call)};
}

model::BoundPrefix bind_prefix(const sdk::Prefix& prefix, const model::Model& model, const StrategyRun& run) {
  const sdk::ModelView& view = model.view();
  const at::Device device = model.device();
  const auto site = std::find_if(view.attention_sites.begin(), view.attention_sites.end(),
                                 [&](const sdk::AttentionSite& known) { return known.name == prefix.site; });
  const std::vector<int64_t> shape = {prefix.tokens, site->key_value_heads * site->head_size};
  const CallSite call = run.call("prefix", prefix.site);
  return {prefix.tokens, [source = prefix.source, shape, device, call, tensor = tensor_by_name(run.tensors, call)] {
            sdk::KeysValues made = guarded(call, [&] { return source(tensor); });
            check_given(made.keys, shape, at::kFloat, device, "keys", call);
            check_given(made.values, shape, at::kFloat, device, "values", call);
            return made;
          }};
}

model::BoundPrompt bind_prompt(const sdk::Prompt& prompt, const model::Model& model, const StrategyRun& run) {
  const std::vector<int64_t> shape = {prompt.tokens, model.view().hidden};
  const at::Device device = model.device();
  const CallSite call = run.call("prompt");
  return {prompt.tokens, [source = prompt.source, shape, device, call, tensor = tensor_by_name(run.tensors, call)] {
            at::Tensor made = guarded(call, [&] { return source(tensor); });
            check_given(made, shape, at::kFloat, device, "vectors", call);
            return made;
          }};
}

BoundPenalty bind_penalty(const sdk::Penalty& penalty, const StrategyRun& run, const Strategies::State& state) {
  BoundPenalty bound{
      run.id + "." + penalty.name, run.id + "." + penalty.weight, run.settings.number(penalty.weight), {}};
  const auto own = [&](const std::string& name) { return name.empty() ? at::Tensor() : run.tensors.at(name); };
  for (const sdk::Watched& watched : penalty.watched) {
    std::vector<model::BoundAdapter> adapters = adapters_of(watched.parameter, state);
    if (adapters.empty() && !state.resolution->find(watched.parameter)->ever_trains()) continue;
    const at::Tensor anchor = watched.anchor.empty() ? state.start->at(watched.parameter) : own(watched.anchor);
    bound.watched.push_back({watched.parameter, state.model->parameter(watched.parameter), own(watched.importance),
                             anchor, std::move(adapters)});
  }
  return bound;
}

BoundLossTerm bind_loss_term(const sdk::LossTerm& term, const StrategyRun& run) {
  const CallSite call = run.call("loss term", term.name);
  BoundLossTerm bound{run.id + "." + term.name, run.id + "." + term.weight, run.settings.number(term.weight), term,
                      tensor_by_name(run.tensors, call)};
  bound.claim.loss = [term, call](const sdk::LossView& view) {
    const TermReads reads = reads_of(term, view);
    return checked_loss(reading(reads.tensors, reads.names, call, [&] { return term.loss(view); }), view, call);
  };
  return bound;
}

}  // namespace engram::strategy

#include "strategy/bind.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

// A Custom adapter whose functions are guarded like every other call into a plugin.
sdk::Custom guarded_custom(const sdk::Custom& custom, const CallSite& call) {
  sdk::Custom safe = custom;
  safe.delta = [custom, call](const sdk::AdapterPass& pass, const at::Tensor& x, const at::Tensor& base_out) {
    return guarded(call, [&] { return custom.delta(pass, x, base_out); });
  };
  safe.merged_delta = [custom, call](const sdk::AdapterPass& pass) {
    return guarded(call, [&] { return custom.merged_delta(pass); });
  };
  return safe;
}

std::string text_of(const CallSite& call) {
  return "strategy '" + call.plugin + "', " + call.phase + (call.site.empty() ? "" : ", at " + call.site);
}

sdk::TensorByName tensor_by_name(const OwnTensors& tensors, const CallSite& call) {
  return [tensors, call](const std::string& name) {
    const auto found = tensors.find(name);
    if (found != tensors.end()) return found->second;
    throw PluginError(Fault{text_of(call) + ": there is no claimed tensor '" + name + "'", call.place.text()});
  };
}

void check_shape(const at::Tensor& tensor, const std::vector<int64_t>& shape, const std::string& what,
                 const CallSite& call) {
  const bool fits = tensor.defined() && tensor.sizes() == at::IntArrayRef(shape) && tensor.scalar_type() == at::kFloat;
  if (fits) return;
  const std::string is = tensor.defined() ? "of shape " + text::shape(tensor.sizes().vec()) : std::string("undefined");
  throw PluginError(
      Fault{text_of(call) + ": its source made " + what + " " + is + ", not fp32 of shape " + text::shape(shape),
            call.place.text()});
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

model::BoundPrefix bind_prefix(const sdk::Prefix& prefix, const sdk::ModelView& view, const StrategyRun& run) {
  const auto site = std::find_if(view.attention_sites.begin(), view.attention_sites.end(),
                                 [&](const sdk::AttentionSite& known) { return known.name == prefix.site; });
  const std::vector<int64_t> shape = {prefix.tokens, site->key_value_heads * site->head_size};
  const CallSite call = run.call("prefix", prefix.site);
  return {prefix.tokens, [source = prefix.source, shape, call, tensor = tensor_by_name(run.tensors, call)] {
            sdk::KeysValues made = guarded(call, [&] { return source(tensor); });
            check_shape(made.keys, shape, "keys", call);
            check_shape(made.values, shape, "values", call);
            return made;
          }};
}

model::BoundPrompt bind_prompt(const sdk::Prompt& prompt, const sdk::ModelView& view, const StrategyRun& run) {
  const std::vector<int64_t> shape = {prompt.tokens, view.hidden};
  const CallSite call = run.call("prompt");
  return {prompt.tokens, [source = prompt.source, shape, call, tensor = tensor_by_name(run.tensors, call)] {
            at::Tensor made = guarded(call, [&] { return source(tensor); });
            check_shape(made, shape, "vectors", call);
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
  bound.claim.loss = [loss = term.loss, call](const sdk::LossView& view) {
    at::Tensor sum = guarded(call, [&] { return loss(view); });
    if (sum.defined() && sum.numel() == 1) return sum;
    throw PluginError(Fault{text_of(call) + ": its function gave " +
                                (sum.defined() ? "a tensor of shape " + text::shape(sum.sizes().vec()) : "nothing") +
                                ", not one number",
                            call.place.text(), "", "return the sum over the sequences"});
  };
  return bound;
}

}  // namespace engram::strategy

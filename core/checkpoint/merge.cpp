#include "checkpoint/merge.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::checkpoint {
namespace {

void refuse_virtual_tokens(const Adapter& adapter) {
  if (!adapter.virtual_tokens) return;
  const bool prefix = adapter.virtual_tokens->kind == VirtualTokens::Kind::prefix;
  throw DataError({.what = prefix ? "a prefix adds keys and values of its own in front of every text, which no weight "
                                    "of the model can hold, so it cannot be merged"
                                  : "a prompt adds tokens of its own in front of every text, which no weight of the "
                                    "model can hold, so it cannot be merged",
                   .where = adapter.folder.string(),
                   .fix = "use the adapter as it is, beside its base: engram predict, or peft's PeftModel"});
}

int64_t different(const at::Tensor& a, const at::Tensor& b) { return a.ne(b).sum().item<int64_t>(); }

at::Tensor with_delta(const at::Tensor& base, const at::Tensor& delta, double factor) {
  return factor == 1 ? base + delta : at::add(base, delta, factor);
}

// base + factor (trained - base).
at::Tensor toward(const at::Tensor& base, const at::Tensor& trained, double factor) {
  return factor >= 0 && factor <= 1 ? between(base, trained, factor) : at::add(base, trained - base, factor);
}

void require_finite(const MergedParameters& merged, const std::string& where) {
  Faults faults;
  for (const auto& [name, value] : merged.values) {
    if (at::isfinite(value).all().item<bool>()) continue;
    faults.add({.what = "the merged " + name + " is not finite: the adapter or the base holds broken numbers",
                .where = where});
  }
  faults.raise<DataError>();
}

// The biases that a scaled adapter has in place of the model's own.
std::map<std::string, at::Tensor> scaled_parameters(const model::Model& base, const Adapter& adapter, double factor) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> values;
  for (const model::NamedTensor& entry : adapter.parameters) {
    values[entry.name] = toward(base.parameter(entry.name), entry.tensor.to(base.device()), factor);
  }
  return values;
}

model::BoundAdapter scaled(model::BoundAdapter bound, double factor) {
  if (factor == 1) return bound;
  if (auto* low_rank = std::get_if<model::BoundLowRank>(&bound)) {
    low_rank->scale *= factor;
    return bound;
  }
  auto& custom = std::get<model::BoundCustom>(bound);
  custom.adapter.delta = [delta = custom.adapter.delta, factor](const auto& pass, const at::Tensor& x,
                                                                const at::Tensor& base_out) {
    return delta(pass, x, base_out).mul(factor);
  };
  return bound;
}

}  // namespace

at::Tensor between(const at::Tensor& base, const at::Tensor& trained, double share) {
  if (share == 0) return base;
  if (share == 1) return trained;
  return at::lerp(base, trained, share);
}

model::Head in_order_of(const model::Head& head, const std::vector<std::string>& labels) {
  std::vector<int64_t> rows;
  for (const std::string& label : labels) {
    const auto found = std::find(head.labels.begin(), head.labels.end(), label);
    if (found != head.labels.end()) rows.push_back(found - head.labels.begin());
  }
  if (rows.size() != labels.size() || labels.size() != head.labels.size()) return {};
  if (labels == head.labels) return head;
  const at::NoGradGuard no_grad;
  const at::Tensor order = at::tensor(rows, at::kLong).to(head.weight.device());
  return {.task = head.task,
          .labels = labels,
          .weight = head.weight.index_select(0, order),
          .bias = head.bias.index_select(0, order)};
}

MergedParameters merged_parameters(const model::Model& base, const Adapter& adapter, const MergeAmount& amount) {
  refuse_virtual_tokens(adapter);
  const at::NoGradGuard no_grad;
  const double factor = amount.of_deltas();
  if (factor == 0) return {};
  MergedParameters merged{.values = scaled_parameters(base, adapter, factor)};
  for (const model::NamedTensor& entry : adapter.parameters) {
    merged.deltas += different(base.parameter(entry.name), entry.tensor.to(base.device()));
  }
  for (const PeftUpdate& update : adapter.updates) {
    const std::string name = update.site + ".weight";
    const auto found = merged.values.find(name);
    const at::Tensor weight = found == merged.values.end() ? base.parameter(name) : found->second;
    const at::Tensor delta = model::merged_delta(update.bound(base.device()), weight);
    merged.values[name] = with_delta(weight, delta, factor);
    merged.deltas += delta.count_nonzero().item<int64_t>();
  }
  require_finite(merged, adapter.folder.string());
  return merged;
}

MergedParameters merged_parameters(const model::Model& base, const model::Model& trained, const MergeAmount& amount) {
  const at::NoGradGuard no_grad;
  const double factor = amount.of_deltas();
  MergedParameters merged;
  Faults faults;
  for (const sdk::Parameter& parameter : base.view().parameters) {
    if (parameter.role == sdk::Role::head || factor == 0) continue;
    const at::Tensor before = base.parameter(parameter.name), after = trained.parameter(parameter.name);
    if (before.sizes() != after.sizes()) {
      faults.add({.what = parameter.name + " has the shape " + text::shape(after.sizes().vec()) +
                          " in the trained model and " + text::shape(before.sizes().vec()) + " in the base",
                  .fix = "name the model that it was trained from with --base"});
    } else if (!at::equal(before, after)) {
      merged.values[parameter.name] = toward(before, after, factor);
      merged.deltas += different(before, after);
    }
  }
  faults.raise<DataError>();
  require_finite(merged, "the trained model");
  return merged;
}

ScaledAdapter::ScaledAdapter(model::Model& base, const Adapter& adapter, const MergeAmount& amount)
    : model_(base), parameters_(base, scaled_parameters(base, adapter, amount.of_deltas())) {
  if (amount.of_deltas() == 0) return;
  for (const PeftUpdate& update : adapter.updates) {
    base.attach(update.site, scaled(update.bound(base.device()), amount.of_deltas()));
  }
}

ScaledAdapter::~ScaledAdapter() { model_.detach_all(); }

Rounding rounding_of(const model::Model& base, const MergedParameters& merged, at::ScalarType stored) {
  const at::NoGradGuard no_grad;
  Rounding rounding{.changed = merged.deltas, .vanished = merged.deltas};
  double squares = 0;
  for (const sdk::Parameter& parameter : base.view().parameters) {
    if (parameter.role == sdk::Role::head) continue;
    const at::Tensor before = base.parameter(parameter.name);
    const auto found = merged.values.find(parameter.name);
    const at::Tensor exact = found == merged.values.end() ? before : found->second;
    const at::Tensor kept = exact.to(stored).to(at::kFloat);
    const at::Tensor error = (kept - exact).to(at::kDouble);
    rounding.weights += exact.numel();
    rounding.largest = std::max(rounding.largest, error.abs().max().item<double>());
    squares += error.square().sum().item<double>();
    if (found != merged.values.end()) rounding.vanished -= different(before.to(stored).to(at::kFloat), kept);
  }
  rounding.rms = std::sqrt(squares / static_cast<double>(rounding.weights));
  return rounding;
}

}  // namespace engram::checkpoint

#include "train/penalties.hpp"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "kernels/quadratic_pull.hpp"

namespace engram::train {
namespace {

void add_gradient(const at::Tensor& leaf, const at::Tensor& gradient) {
  if (leaf.grad().defined()) {
    leaf.mutable_grad().add_(gradient);
  } else {
    leaf.mutable_grad() = gradient.clone();
  }
}

// s G A^T and s B^T G, added where they train.
void pull_low_rank(const model::BoundLowRank& adapter, const at::Tensor& force) {
  const auto add = [&](const at::Tensor& leaf, const at::Tensor& left, const at::Tensor& right) {
    if (!leaf.requires_grad()) return;
    if (!leaf.grad().defined()) leaf.mutable_grad() = at::zeros_like(leaf);
    leaf.mutable_grad().addmm_(left, right, 1, adapter.scale);
  };
  add(adapter.b, force, adapter.a.detach().t());
  add(adapter.a, adapter.b.detach().t(), force);
}

// The merged deltas of one weight's adapters: their sum, and those of Custom adapters with their graphs.
struct Deltas {
  at::Tensor sum;
  std::vector<at::Tensor> with_graph;
};

Deltas deltas_of(const strategy::BoundWatched& watched, at::Tensor distance) {
  Deltas deltas{.sum = std::move(distance), .with_graph = {}};
  for (const model::BoundAdapter& adapter : watched.adapters) {
    if (const auto* low_rank = std::get_if<model::BoundLowRank>(&adapter)) {
      deltas.sum.addmm_(low_rank->b, low_rank->a, 1, low_rank->scale);
      continue;
    }
    const at::AutoGradMode with_gradients(true);
    const at::Tensor delta = model::merged_delta(adapter, watched.weight);
    deltas.sum.add_(delta.detach());
    if (delta.requires_grad()) deltas.with_graph.push_back(delta);
  }
  return deltas;
}

// Whether anything of an adapter may train in this step; of a Custom one only its graph can tell.
bool may_train(const model::BoundAdapter& adapter) {
  const auto* low_rank = std::get_if<model::BoundLowRank>(&adapter);
  return low_rank == nullptr || low_rank->a.requires_grad() || low_rank->b.requires_grad();
}

bool trains(const strategy::BoundWatched& watched, const Deltas& deltas) {
  const auto is_trained_low_rank = [](const model::BoundAdapter& adapter) {
    return std::holds_alternative<model::BoundLowRank>(adapter) && may_train(adapter);
  };
  return watched.weight.requires_grad() || !deltas.with_graph.empty() ||
         std::any_of(watched.adapters.begin(), watched.adapters.end(), is_trained_low_rank);
}

// Each returns sum importance (w - anchor)^2; undefined: nothing there trains.
at::Tensor pull_adapted(const strategy::BoundWatched& watched, double strength) {
  const bool is_frozen = std::none_of(watched.adapters.begin(), watched.adapters.end(), may_train);
  if (!watched.weight.requires_grad() && is_frozen) return {};
  const Deltas deltas = deltas_of(watched, watched.weight.detach() - watched.anchor.detach());
  if (!trains(watched, deltas)) return {};

  const at::Tensor& distance = deltas.sum;
  const at::Tensor unscaled = watched.importance.defined() ? watched.importance * distance : distance;
  const at::Tensor force = unscaled * strength;
  if (watched.weight.requires_grad()) add_gradient(watched.weight, force);
  for (const model::BoundAdapter& adapter : watched.adapters) {
    if (const auto* low_rank = std::get_if<model::BoundLowRank>(&adapter)) pull_low_rank(*low_rank, force);
  }
  for (const at::Tensor& delta : deltas.with_graph) torch::autograd::backward({delta}, {force});
  return at::dot(unscaled.reshape(-1), distance.reshape(-1));
}

at::Tensor pull_plain(const strategy::BoundWatched& watched, double strength) {
  if (!watched.weight.requires_grad()) return {};
  at::Tensor& gradient = watched.weight.mutable_grad();
  if (!gradient.defined()) gradient = at::zeros_like(watched.weight);
  return kernels::quadratic_pull(gradient, watched.weight.detach(), watched.anchor.detach(), watched.importance,
                                 strength);
}

at::Tensor add_penalty(const strategy::BoundPenalty& penalty, double strength, at::Device device) {
  at::Tensor value = at::zeros({}, at::TensorOptions(device).dtype(at::kFloat));
  for (const strategy::BoundWatched& watched : penalty.watched) {
    const at::Tensor sum = watched.adapters.empty() ? pull_plain(watched, strength) : pull_adapted(watched, strength);
    if (sum.defined()) value.add_(sum, strength / 2);
  }
  return value;
}

}  // namespace

double factor_of(const Factors& factors, const std::string& name) {
  const auto found = factors.find(name);
  return found == factors.end() ? 1 : found->second;
}

std::map<std::string, at::Tensor> add_penalties(const std::vector<strategy::BoundPenalty>& penalties,
                                                const Factors& factors, at::Device device) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> values;
  for (const strategy::BoundPenalty& penalty : penalties) {
    const double strength = penalty.weight * factor_of(factors, penalty.schedulable);
    values[penalty.name] = strength == 0 ? at::zeros({}, at::TensorOptions(device).dtype(at::kFloat))
                                         : add_penalty(penalty, strength, device);
  }
  return values;
}

}  // namespace engram::train

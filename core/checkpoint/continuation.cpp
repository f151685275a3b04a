#include "checkpoint/continuation.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <map>

#include "checkpoint/planned_adapter.hpp"
#include "checkpoint/strategy_tensors.hpp"

namespace engram::checkpoint {
namespace {

// What is copied where.
using Copies = std::vector<std::pair<at::Tensor, at::Tensor>>;  // to, from

void add_updates(const Adapter& adapter, const strategy::Resolution& resolution,
                 const std::vector<model::NamedTensor>& claimed, Copies& copies) {
  std::vector<std::string> others;
  const std::map<std::string, PlannedUpdate> planned = planned_updates(resolution, others);
  for (const PeftUpdate& update : adapter.updates) {
    const PlannedUpdate& plan = planned.at(update.site);
    copies.emplace_back(claimed_tensor(claimed, plan.a), update.a);
    copies.emplace_back(claimed_tensor(claimed, plan.b), update.b);
    if (update.magnitude.defined()) copies.emplace_back(claimed_tensor(claimed, plan.magnitude), update.magnitude);
  }
}

// The columns of `rows` that stand for each of what the sources make.
std::vector<at::Tensor> columns_of(const at::Tensor& rows, const std::vector<at::Tensor>& made) {
  std::vector<at::Tensor> columns;
  int64_t at = 0;
  for (const at::Tensor& one : made) {
    columns.push_back(rows.narrow(1, at, one.size(1)));
    at += one.size(1);
  }
  return columns;
}

void add_tokens(const Adapter& adapter, const model::Model& model, const strategy::Resolution& resolution,
                const std::vector<model::NamedTensor>& claimed, Copies& copies) {
  const std::string strategy = planned_tokens(resolution, adapter.virtual_tokens->kind)->strategy;
  const auto own = [&](const std::string& name) { return claimed_tensor(claimed, strategy + "." + name); };
  const std::vector<at::Tensor> made = made_by_sources(resolution, model.view(), own);
  const std::vector<at::Tensor> columns = columns_of(adapter.virtual_tokens->rows, made);
  if (std::all_of(made.begin(), made.end(), [&](const at::Tensor& one) { return is_one_of(one, claimed); })) {
    for (size_t i = 0; i < made.size(); ++i) copies.emplace_back(made[i], columns[i]);
    return;
  }
  const std::map<std::string, at::Tensor> stored = read_strategy_tensors(adapter.folder);
  const auto of_network = [&](const std::string& name) { return stored.at(strategy + "." + name).to(model.device()); };
  const std::vector<at::Tensor> remade = made_by_sources(resolution, model.view(), of_network);
  // Made on another machine, or in another order of sums.
  constexpr double kTolerance = 1e-4;
  for (size_t i = 0; i < made.size(); ++i) {
    if (at::allclose(remade[i].cpu(), columns[i].cpu(), kTolerance, kTolerance)) continue;
    throw DataError({.what = "the network in strategies.safetensors does not make the adapter's own virtual tokens: "
                             "one of the two files is of another adapter",
                     .where = adapter.folder.string(),
                     .fix = "put back the file that belongs to it, or leave the network out of the recipe"});
  }
  for (const std::string& name : trained_by(strategy, resolution)) {
    copies.emplace_back(claimed_tensor(claimed, name), stored.at(name));
  }
}

}  // namespace

void put_adapter(const Adapter& adapter, const model::Model& model, const strategy::Strategies& strategies,
                 const strategy::Resolution& resolution, const std::string& task) {
  const at::NoGradGuard no_grad;
  const std::vector<model::NamedTensor> claimed = strategies.claimed_tensors();
  Copies copies;
  if (adapter.virtual_tokens) {
    add_tokens(adapter, model, resolution, claimed, copies);
  } else {
    add_updates(adapter, resolution, claimed, copies);
  }
  for (const model::NamedTensor& entry : adapter.parameters) {
    copies.emplace_back(model.parameter(entry.name), entry.tensor);
  }
  if (adapter.head_weight.defined()) {
    copies.emplace_back(model.parameter("heads." + task + ".weight"), adapter.head_weight);
    copies.emplace_back(model.parameter("heads." + task + ".bias"), adapter.head_bias);
  }
  for (const auto& [to, from] : copies) {
    if (at::isfinite(from).all().item<bool>()) continue;
    throw DataError({.what = "the adapter holds values that are not finite", .where = adapter.folder.string()});
  }
  for (const auto& [to, from] : copies) at::Tensor(to).copy_(from);
}

}  // namespace engram::checkpoint

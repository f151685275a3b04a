#include "checkpoint/continuation.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"
#include "checkpoint/adapter_options.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/strategy_tensors.hpp"

namespace engram::checkpoint {
namespace {

using Names = std::vector<std::string>;

// "a, b, c and 4 more".
std::string some(const Names& names) {
  constexpr size_t kShown = 3;
  const Names first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShown)));
  const size_t more = names.size() - first.size();
  return text::join(first, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::string count_of(size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

// What a strategy plans for one site, in the terms of PEFT's LoRA.
struct PlannedUpdate {
  std::string a, b, magnitude;  // claimed tensors by qualified name; no magnitude: no DoRA
  int64_t rank = 0;
  double scale = 1;
};

// By site. A site with two adapters, or one that is none of LoRA's, goes to `others`.
std::map<std::string, PlannedUpdate> planned_updates(const strategy::Resolution& resolution, Names& others) {
  std::map<std::string, PlannedUpdate> planned;
  for (const strategy::ResolvedAdapter& adapter : resolution.adapters) {
    const auto* low_rank = std::get_if<sdk::LowRank>(&adapter.adapt.adapter);
    std::string magnitude;
    if (const auto* custom = std::get_if<sdk::Custom>(&adapter.adapt.adapter)) {
      if (custom->peft_kind == "dora") low_rank = &custom->low_rank;
      magnitude = custom->magnitude;
    }
    const std::string space = adapter.strategy + ".";
    const strategy::ResolvedTensor* a = low_rank == nullptr ? nullptr : resolution.find(space + low_rank->a);
    if (a == nullptr || a->shape.size() != 2 || planned.contains(adapter.adapt.site)) {
      others.push_back(adapter.adapt.site + " (" + adapter.strategy + ")");
      continue;
    }
    planned[adapter.adapt.site] = {.a = space + low_rank->a,
                                   .b = space + low_rank->b,
                                   .magnitude = magnitude.empty() ? "" : space + magnitude,
                                   .rank = a->shape[0],
                                   .scale = low_rank->scale};
  }
  return planned;
}

// Differences of one kind, told once with the sites where they are.
class Differences {
 public:
  Differences(std::string where, Faults& faults) : where_(std::move(where)), faults_(faults) {}
  void add(const std::string& what) { found_.push_back(what); }
  void at_site(const std::string& what, const std::string& site) {
    if (!sites_.contains(what)) order_.push_back(what);
    sites_[what].push_back(site);
  }
  // `entry`: what to write instead.
  void tell(const std::string& entry) {
    for (const std::string& what : order_) found_.push_back(what + " at " + some(sites_.at(what)));
    for (size_t i = 0; i < found_.size(); ++i) {
      const bool last = i + 1 == found_.size();
      faults_.add({.what = "the recipe does not plan what its adapter holds: " + found_[i],
                   .where = where_,
                   .fix = last ? "write strategies = { " + entry + " }" : ""});
    }
  }

 private:
  std::string where_;
  Faults& faults_;
  Names found_, order_;
  std::map<std::string, Names> sites_;
};

bool nearly(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

// `filled`: the claimed tensors that the adapter holds.
void compare_updates(const Adapter& adapter, const strategy::Resolution& resolution, Differences& differences,
                     std::set<std::string>& filled) {
  Names others, missing, unplanned;
  const std::map<std::string, PlannedUpdate> planned = planned_updates(resolution, others);
  if (!others.empty()) differences.add("adapters that are none of PEFT's LoRA at " + some(others));
  std::map<std::string, const PeftUpdate*> held;
  for (const PeftUpdate& update : adapter.updates) held[update.site] = &update;
  for (const auto& [site, update] : held) {
    if (!planned.contains(site)) unplanned.push_back(site);
  }
  for (const auto& [site, plan] : planned) {
    for (const std::string& name : {plan.a, plan.b, plan.magnitude}) filled.insert(name);
    const auto found = held.find(site);
    if (found == held.end()) {
      missing.push_back(site);
      continue;
    }
    const PeftUpdate& update = *found->second;
    const int64_t rank = update.a.size(0);
    if (rank != plan.rank) {
      differences.at_site(
          "rank " + std::to_string(rank) + " in the adapter and " + std::to_string(plan.rank) + " in the recipe", site);
    } else if (!nearly(update.scale, plan.scale)) {
      differences.at_site("the scale " + text::shortest(update.scale) + " in the adapter and " +
                              text::shortest(plan.scale) + " in the recipe",
                          site);
    }
    if (update.magnitude.defined() != !plan.magnitude.empty()) {
      differences.at_site(update.magnitude.defined() ? "DoRA in the adapter and not in the recipe"
                                                     : "DoRA in the recipe and not in the adapter",
                          site);
    }
  }
  if (!unplanned.empty()) differences.add(count_of(unplanned.size(), "site") + " of the adapter, " + some(unplanned));
  if (!missing.empty()) {
    differences.add("the recipe adapts " + count_of(missing.size(), "site") + " more, " + some(missing));
  }
}

// Biases that the adapter brings have to train: otherwise the result would not hold them.
void compare_biases(const Adapter& adapter, const strategy::Resolution& resolution, Differences& differences) {
  Names kept;
  for (const model::NamedTensor& entry : adapter.parameters) {
    const strategy::ResolvedTensor* planned = resolution.find(entry.name);
    if (planned == nullptr || !planned->ever_trains()) kept.push_back(entry.name);
  }
  if (!kept.empty()) differences.add("trained values of " + some(kept) + ", which do not train in the recipe");
}

// The tensors that a strategy trains as its own, and nobody else fills.
Names trained_by(const std::string& strategy, const strategy::Resolution& resolution) {
  Names names;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    if (tensor.claimed && !tensor.kept && tensor.owner == strategy) names.push_back(tensor.name);
  }
  return names;
}

struct Sources {
  std::string strategy;
  int64_t tokens = 0;
  size_t sites = 0;
};

std::optional<Sources> planned_sources(const strategy::Resolution& resolution, VirtualTokens::Kind kind) {
  if (kind == VirtualTokens::Kind::prompt) {
    if (!resolution.prompt) return {};
    return Sources{resolution.prompt->strategy, resolution.prompt->claim.tokens, 1};
  }
  if (resolution.prefixes.empty()) return {};
  const auto& [strategy, prefix] = resolution.prefixes.front();
  return Sources{strategy, prefix.tokens, resolution.prefixes.size()};
}

// What the sources make, in the order of PEFT's rows.
std::vector<at::Tensor> made_by(const strategy::Resolution& resolution, const sdk::ModelView& view,
                                const sdk::TensorByName& tensor) {
  if (resolution.prompt) return {resolution.prompt->claim.source(tensor)};
  std::vector<at::Tensor> made;
  for (const sdk::AttentionSite& site : view.attention_sites) {
    for (const auto& [strategy, prefix] : resolution.prefixes) {
      if (prefix.site != site.name) continue;
      const sdk::KeysValues both = prefix.source(tensor);
      made.push_back(both.keys);
      made.push_back(both.values);
    }
  }
  return made;
}

bool is_one_of(const at::Tensor& made, const std::vector<model::NamedTensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const auto& entry) { return made.is_same(entry.tensor); });
}

// Whether keys, values or vectors are claimed tensors as they are: told from shapes, before anything is allocated.
bool claims_rows(const strategy::Resolution& resolution, const sdk::ModelView& view, const std::string& strategy) {
  std::vector<model::NamedTensor> shapes;
  for (const std::string& name : trained_by(strategy, resolution)) {
    shapes.push_back({name, at::empty(resolution.find(name)->shape, at::TensorOptions().device(at::kMeta))});
  }
  const auto tensor = [&](const std::string& name) {
    const auto named = [&](const auto& entry) { return entry.name == strategy + "." + name; };
    const auto found = std::find_if(shapes.begin(), shapes.end(), named);
    return found == shapes.end() ? at::Tensor() : found->tensor;
  };
  try {
    const std::vector<at::Tensor> made = made_by(resolution, view, tensor);
    return std::all_of(made.begin(), made.end(), [&](const at::Tensor& one) { return is_one_of(one, shapes); });
  } catch (const std::exception&) {  // it computes what shapes alone do not carry
    return false;
  }
}

void compare_network(const Adapter& adapter, const strategy::Resolution& resolution, const std::string& strategy,
                     Differences& differences) {
  const std::map<std::string, at::Tensor> stored = read_strategy_tensors(adapter.folder);
  Names missing;
  for (const std::string& name : trained_by(strategy, resolution)) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      missing.push_back(name);
    } else if (found->second.sizes() != at::IntArrayRef(resolution.find(name)->shape)) {
      differences.add(name + " has the shape " + text::shape(found->second.sizes().vec()) +
                      " beside the adapter, and in the recipe " + text::shape(resolution.find(name)->shape));
    }
  }
  if (missing.empty()) return;
  differences.add("a network makes its virtual tokens, and the adapter holds none (" + some(missing) +
                  "): turn it off");
}

void compare_tokens(const Adapter& adapter, const strategy::Resolution& resolution, const sdk::ModelView& view,
                    Differences& differences, std::set<std::string>& filled, std::vector<std::string>& notes) {
  const VirtualTokens& tokens = *adapter.virtual_tokens;
  const bool is_prompt = tokens.kind == VirtualTokens::Kind::prompt;
  const std::string kind = is_prompt ? "prompt" : "prefix";
  const auto planned = planned_sources(resolution, tokens.kind);
  if (!planned) return differences.add("a " + kind + " of " + count_of(tokens.rows.size(0), "virtual token"));
  const Names own = trained_by(planned->strategy, resolution);
  filled.insert(own.begin(), own.end());
  if (planned->tokens != tokens.rows.size(0)) {
    differences.add("a " + kind + " of " + count_of(tokens.rows.size(0), "virtual token") + " in the adapter, and " +
                    std::to_string(planned->tokens) + " in the recipe");
    return;
  }
  if (!is_prompt && planned->sites != view.attention_sites.size()) {
    differences.add("prefixes at " + count_of(view.attention_sites.size(), "attention site") + ", and " +
                    std::to_string(planned->sites) + " in the recipe");
    return;
  }
  if (!claims_rows(resolution, view, planned->strategy)) {
    return compare_network(adapter, resolution, planned->strategy, differences);
  }
  const std::map<std::string, at::Tensor> stored = read_strategy_tensors(adapter.folder);
  const auto of_strategy = [&](const auto& entry) { return entry.first.starts_with(planned->strategy + "."); };
  if (std::any_of(stored.begin(), stored.end(), of_strategy)) {
    notes.push_back("the network that made the adapter's virtual tokens is left behind: what it made trains as it is");
  }
}

std::string kind_of_plan(const strategy::Resolution& resolution) {
  Names kinds;
  if (!resolution.adapters.empty()) kinds.push_back("adapters at " + count_of(resolution.adapters.size(), "site"));
  if (!resolution.prefixes.empty()) kinds.push_back("a prefix");
  if (resolution.prompt) kinds.push_back("a prompt");
  return kinds.empty() ? "nothing that an adapter holds" : text::join(kinds, " and ");
}

void compare_leftovers(const Adapter& adapter, const strategy::Resolution& resolution,
                       const std::set<std::string>& filled, Differences& differences) {
  std::map<std::string, Names> left;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    if (tensor.claimed && !tensor.kept && !filled.contains(tensor.name)) left[tensor.owner].push_back(tensor.name);
  }
  for (const auto& [strategy, names] : left) {
    differences.add("'" + strategy + "' trains " + count_of(names.size(), "tensor") + " of its own that the adapter, " +
                    adapter.peft_type + ", does not have: " + some(names));
  }
}

// What is copied where.
using Copies = std::vector<std::pair<at::Tensor, at::Tensor>>;  // to, from

at::Tensor live(const std::vector<model::NamedTensor>& claimed, const std::string& name) {
  for (const model::NamedTensor& entry : claimed) {
    if (entry.name == name) return entry.tensor;
  }
  throw InternalError({.what = "the claimed tensor '" + name + "' is in the plan and not in memory"});
}

void add_updates(const Adapter& adapter, const strategy::Resolution& resolution,
                 const std::vector<model::NamedTensor>& claimed, Copies& copies) {
  Names others;
  const std::map<std::string, PlannedUpdate> planned = planned_updates(resolution, others);
  for (const PeftUpdate& update : adapter.updates) {
    const PlannedUpdate& plan = planned.at(update.site);
    copies.emplace_back(live(claimed, plan.a), update.a);
    copies.emplace_back(live(claimed, plan.b), update.b);
    if (update.magnitude.defined()) copies.emplace_back(live(claimed, plan.magnitude), update.magnitude);
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
  const std::string strategy = planned_sources(resolution, adapter.virtual_tokens->kind)->strategy;
  const auto own = [&](const std::string& name) { return live(claimed, strategy + "." + name); };
  const std::vector<at::Tensor> made = made_by(resolution, model.view(), own);
  const std::vector<at::Tensor> columns = columns_of(adapter.virtual_tokens->rows, made);
  if (std::all_of(made.begin(), made.end(), [&](const at::Tensor& one) { return is_one_of(one, claimed); })) {
    for (size_t i = 0; i < made.size(); ++i) copies.emplace_back(made[i], columns[i]);
    return;
  }
  const std::map<std::string, at::Tensor> stored = read_strategy_tensors(adapter.folder);
  const auto of_network = [&](const std::string& name) { return stored.at(strategy + "." + name).to(model.device()); };
  const std::vector<at::Tensor> remade = made_by(resolution, model.view(), of_network);
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
    copies.emplace_back(live(claimed, name), stored.at(name));
  }
}

}  // namespace

void compare_with_plan(const Adapter& adapter, const strategy::Resolution& resolution, const sdk::ModelView& view,
                       const std::string& where, Faults& faults, std::vector<std::string>& notes) {
  Differences differences(where, faults);
  std::set<std::string> filled;
  if (adapter.virtual_tokens) {
    compare_tokens(adapter, resolution, view, differences, filled, notes);
  } else if (resolution.adapters.empty()) {
    differences.add("low-rank updates of " + count_of(adapter.updates.size(), "site") + ", and it plans " +
                    kind_of_plan(resolution));
  } else {
    compare_updates(adapter, resolution, differences, filled);
  }
  compare_biases(adapter, resolution, differences);
  compare_leftovers(adapter, resolution, filled, differences);
  differences.tell(recipe_entry_for(adapter, view));
}

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

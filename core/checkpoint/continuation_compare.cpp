// What strategies plan against what an adapter holds.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"
#include "checkpoint/adapter_options.hpp"
#include "checkpoint/continuation.hpp"
#include "checkpoint/planned_adapter.hpp"
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
    const std::vector<at::Tensor> made = made_by_sources(resolution, view, tensor);
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
  const auto planned = planned_tokens(resolution, tokens.kind);
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

}  // namespace engram::checkpoint

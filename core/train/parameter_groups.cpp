#include "train/parameter_groups.hpp"

#include <unordered_map>

#include "base/case.hpp"
#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::train {
namespace {

// The name without what the recipe has put before it: a task's or a strategy's name says nothing about the tensor.
std::string own_name(const strategy::ResolvedTensor& tensor) {
  if (tensor.claimed) return tensor.name.substr(tensor.owner.size() + 1);
  return tensor.name.starts_with("heads.") ? tensor.name.substr(tensor.name.rfind('.') + 1) : tensor.name;
}

ParameterGroup& group_of(std::vector<ParameterGroup>& groups, double rate_scale, double weight_decay) {
  for (ParameterGroup& group : groups) {
    if (group.rate_scale == rate_scale && group.weight_decay == weight_decay) return group;
  }
  groups.push_back({.rate_scale = rate_scale, .weight_decay = weight_decay, .tensors = {}});
  return groups.back();
}

}  // namespace

bool decays(const std::string& name) {
  const std::string plain = text::lower(name);
  if (plain.find("bias") != std::string::npos || plain.find("layernorm") != std::string::npos ||
      plain.find("rmsnorm") != std::string::npos) {
    return false;
  }
  for (const std::string& segment : text::split(plain, '.')) {
    if (segment == "norm" || segment.ends_with("_norm")) return false;
  }
  return true;
}

std::vector<ParameterGroup> groups_at(const strategy::Resolution& resolution,
                                      const std::vector<model::NamedTensor>& live, double weight_decay, int64_t step,
                                      double epoch) {
  std::unordered_map<std::string, at::Tensor> by_name;
  for (const model::NamedTensor& entry : live) by_name.emplace(entry.name, entry.tensor);
  std::vector<ParameterGroup> groups;
  for (const strategy::ResolvedTensor& tensor : resolution.tensors) {
    if (tensor.kept || !tensor.trains_at(step, epoch)) continue;
    const auto found = by_name.find(tensor.name);
    if (found == by_name.end()) {
      throw InternalError({.what = "the tensor '" + tensor.name + "' is in the plan and not in the model"});
    }
    const double decay = decays(own_name(tensor)) ? tensor.weight_decay.value_or(weight_decay) : 0.0;
    group_of(groups, tensor.rate_scale, decay).tensors.push_back({tensor.name, found->second});
  }
  return groups;
}

}  // namespace engram::train

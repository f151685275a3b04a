#include "recipe/metric_direction.hpp"

namespace engram::recipe {

bool measured_falls(const std::string& metric) { return metric == "loss" || metric == "kl" || metric == "drift"; }

const OwnMetric* own_metric_of(const std::vector<OwnMetric>& own, const std::string& metric) {
  const OwnMetric* found = nullptr;
  for (const OwnMetric& candidate : own) {
    const bool fits = metric == candidate.name || metric.starts_with(candidate.name + "_");
    if (fits && (found == nullptr || candidate.name.size() > found->name.size())) found = &candidate;
  }
  return found;
}

}  // namespace engram::recipe

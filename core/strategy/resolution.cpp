#include "strategy/resolution.hpp"

#include <algorithm>

namespace engram::strategy {

int64_t ResolvedTensor::count() const {
  int64_t product = 1;
  for (const int64_t size : shape) product *= size;
  return product;
}

bool ResolvedTensor::ever_trains() const {
  if (kept) return false;
  for (const TrainabilityChange& change : trainability) {
    if (change.trains) return true;
  }
  return false;
}

bool ResolvedTensor::trains_at(int64_t step, double epoch) const {
  if (kept) return false;
  bool trains = false;
  for (const TrainabilityChange& change : trainability) {
    if (change.from.step && step < *change.from.step) continue;
    if (change.from.epoch && epoch < *change.from.epoch) continue;
    trains = change.trains;
  }
  return trains;
}

int64_t Resolution::total_count() const {
  int64_t total = 0;
  for (const ResolvedTensor& tensor : tensors) total += tensor.kept ? 0 : tensor.count();
  return total;
}

int64_t Resolution::trainable_count() const {
  int64_t total = 0;
  for (const ResolvedTensor& tensor : tensors) total += tensor.ever_trains() ? tensor.count() : 0;
  return total;
}

const ResolvedTensor* Resolution::find(const std::string& name) const {
  for (const ResolvedTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

std::vector<std::string> Resolution::data_sets() const {
  std::vector<std::string> sets;
  const auto add = [&](const std::string& name) {
    if (std::find(sets.begin(), sets.end(), name) == sets.end()) sets.push_back(name);
  };
  for (const ResolvedPass& pass : passes) add(pass.pass.data);
  for (const auto& [strategy, mix] : mixes) add(mix.data);
  return sets;
}

}  // namespace engram::strategy

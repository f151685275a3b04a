#include "checkpoint/training_state.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/disk.hpp"
#include "base/errors.hpp"
#include "base/files.hpp"
#include "checkpoint/checksums.hpp"
#include "checkpoint/halves.hpp"
#include "checkpoint/swap.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

// The three lists share one file; a prefix tells them apart.
constexpr const char* kWeights = "weights/";
constexpr const char* kTrainer = "trainer/";
constexpr const char* kStrategies = "strategies/";

std::string step_folder_name(int64_t step) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "step-%06lld", static_cast<long long>(step));
  return name.data();
}

int64_t step_of(const std::filesystem::path& folder) { return std::stoll(folder.filename().string().substr(5)); }

// A damaged one is none to roll back to.
bool was_accepted(const std::filesystem::path& folder) {
  try {
    return read_json(folder / kStateFile).value("accepted", false);
  } catch (const std::exception&) {
    return false;
  }
}

bool is_step_folder(const std::string& name) {
  constexpr size_t kMostDigits = 18;  // that fit a whole number
  return name.starts_with("step-") && name.size() > 5 && name.size() <= 5 + kMostDigits &&
         name.find_first_not_of("0123456789", 5) == std::string::npos;
}

void append(std::vector<model::NamedTensor>& all, const std::vector<model::NamedTensor>& part, const char* prefix) {
  for (const model::NamedTensor& entry : part) all.push_back({prefix + entry.name, entry.tensor.detach()});
}

// `name` is "<strategy>/<tensor>".
void take_strategy_tensor(std::vector<strategy::StrategyState>& states, const std::string& name, at::Tensor tensor) {
  const size_t slash = name.find('/');
  for (strategy::StrategyState& state : states) {
    if (state.strategy == name.substr(0, slash)) state.tensors[name.substr(slash + 1)] = std::move(tensor);
  }
}

}  // namespace

void remove_old_states(const std::filesystem::path& folder, int64_t keep_last) {
  const std::vector<std::filesystem::path> all = training_states(folder);
  int64_t accepted = 0;
  for (auto state = all.rbegin(); state != all.rend(); ++state) {
    const bool keeps = was_accepted(*state) && accepted++ < keep_last;
    if (!keeps && state != all.rbegin()) remove_whole(*state);
  }
}

std::vector<model::NamedTensor> training_weights(const model::Model& model, const strategy::Strategies& strategies,
                                                 const strategy::Resolution& resolution) {
  std::vector<model::NamedTensor> weights;
  for (const model::NamedTensor& entry : model.parameters()) {
    const strategy::ResolvedTensor* resolved = resolution.find(entry.name);
    if (resolved != nullptr && resolved->ever_trains()) weights.push_back(entry);
  }
  for (const model::NamedTensor& entry : strategies.claimed_tensors()) weights.push_back(entry);
  return weights;
}

std::filesystem::path write_training_state(const std::filesystem::path& folder, const TrainingState& state,
                                           int64_t keep_last) {
  const std::filesystem::path target = folder / step_folder_name(state.record.step);
  const FolderSwap swap(target);
  std::vector<model::NamedTensor> tensors;
  append(tensors, state.weights, kWeights);
  append(tensors, state.trainer, kTrainer);
  std::vector<StrategyRecord> strategies;
  for (const strategy::StrategyState& part : state.strategies) {
    strategies.push_back({.strategy = part.strategy, .numbers = part.numbers, .texts = part.texts});
    for (const auto& [name, tensor] : part.tensors) {
      tensors.push_back({kStrategies + part.strategy + "/" + name, tensor.detach()});
    }
  }
  model::write_safetensors(swap.fresh() / kTensorFile, tensors);
  write_file_atomically(swap.fresh() / kStateFile, to_json(state.record, strategies).dump(1));
  swap.commit();
  sweep_halves(folder);
  remove_old_states(folder, keep_last);
  return target;
}

std::vector<std::filesystem::path> training_states(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  if (!std::filesystem::is_directory(folder)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (is_step_folder(entry.path().filename().string())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return step_of(a) < step_of(b); });
  return found;
}

std::filesystem::path newest_training_state(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> all = training_states(folder);
  return all.empty() ? std::filesystem::path() : all.back();
}

std::filesystem::path newest_accepted_state(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> all = training_states(folder);
  const auto found = std::find_if(all.rbegin(), all.rend(), was_accepted);
  return found == all.rend() ? std::filesystem::path() : *found;
}

void remove_training_states_after(const std::filesystem::path& folder, int64_t step) {
  for (const std::filesystem::path& state : training_states(folder)) {
    if (step_of(state) > step) remove_whole(state);
  }
}

TrainingState read_training_state(const std::filesystem::path& folder) {
  const std::string file_name = (folder / kStateFile).string();
  verify_checksums(folder);
  const Json json = read_json(file_name);
  require_format(json, file_name);  // before the rest: an earlier version wrote no checksums
  if (read_checksums(folder).empty()) {
    throw DataError({.what = std::string("holds no ") + kChecksumsFile, .where = folder.string()});
  }
  std::vector<StrategyRecord> strategies;
  TrainingState state{.record = record_from_json(json, file_name, strategies)};
  for (StrategyRecord& part : strategies) {
    state.strategies.push_back(
        {.strategy = std::move(part.strategy), .numbers = std::move(part.numbers), .texts = std::move(part.texts)});
  }
  const model::SafetensorsFile file(folder / kTensorFile);
  for (const model::SafetensorsEntry& entry : file.header().entries) {
    const size_t slash = entry.name.find('/') + 1;
    const std::string prefix = entry.name.substr(0, slash), name = entry.name.substr(slash);
    if (prefix == kStrategies) {
      take_strategy_tensor(state.strategies, name, file.tensor(entry.name));
    } else {
      (prefix == kWeights ? state.weights : state.trainer).push_back({name, file.tensor(entry.name)});
    }
  }
  return state;
}

void restore_weights(const std::vector<model::NamedTensor>& live, const std::vector<model::NamedTensor>& saved,
                     const std::filesystem::path& from) {
  std::map<std::string, at::Tensor> by_name;
  for (const model::NamedTensor& entry : saved) by_name.emplace(entry.name, entry.tensor);
  Faults faults;
  for (const model::NamedTensor& entry : live) {
    const auto found = by_name.find(entry.name);
    if (found == by_name.end()) {
      faults.add({.what = "the checkpoint lacks the tensor '" + entry.name + "'", .where = from.string()});
    } else if (found->second.sizes() != entry.tensor.sizes()) {
      faults.add({.what = "the checkpoint's tensor '" + entry.name + "' has another shape", .where = from.string()});
    }
  }
  if (by_name.size() > live.size()) {
    faults.add({.what = "the checkpoint holds tensors that this run does not train", .where = from.string()});
  }
  faults.raise<DataError>();
  const at::NoGradGuard no_grad;
  for (const model::NamedTensor& entry : live) at::Tensor(entry.tensor).copy_(by_name.at(entry.name));
}

}  // namespace engram::checkpoint

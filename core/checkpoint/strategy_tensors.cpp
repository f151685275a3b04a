#include "checkpoint/strategy_tensors.hpp"

#include <algorithm>

#include "model/safetensors.hpp"

namespace engram::checkpoint {

void write_strategy_tensors(const std::filesystem::path& folder, const strategy::Resolution& resolution,
                            const std::vector<model::NamedTensor>& claimed, const std::vector<std::string>& more) {
  std::vector<model::NamedTensor> tensors;
  for (const model::NamedTensor& entry : claimed) {
    const strategy::ResolvedTensor* resolved = resolution.find(entry.name);
    const bool named = std::find(more.begin(), more.end(), entry.name) != more.end();
    if (named || (resolved != nullptr && resolved->carried)) tensors.push_back({entry.name, entry.tensor.detach()});
  }
  if (!tensors.empty()) model::write_safetensors(folder / kStrategyTensorsFile, tensors);
}

std::map<std::string, at::Tensor> read_strategy_tensors(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kStrategyTensorsFile;
  if (!std::filesystem::exists(path)) return {};
  const model::SafetensorsFile file(path);
  std::map<std::string, at::Tensor> tensors;
  for (const std::string& name : file.header().names()) tensors[name] = file.tensor(name);
  return tensors;
}

}  // namespace engram::checkpoint

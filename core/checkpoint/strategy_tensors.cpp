#include "checkpoint/strategy_tensors.hpp"

#include "model/safetensors.hpp"

namespace engram::checkpoint {

std::vector<model::NamedTensor> carried_tensors(const strategy::Resolution& resolution,
                                                const std::vector<model::NamedTensor>& claimed) {
  std::vector<model::NamedTensor> carried;
  for (const model::NamedTensor& entry : claimed) {
    const strategy::ResolvedTensor* resolved = resolution.find(entry.name);
    if (resolved != nullptr && resolved->carried) carried.push_back({entry.name, entry.tensor.detach()});
  }
  return carried;
}

void write_strategy_tensors(const std::filesystem::path& folder, const std::vector<model::NamedTensor>& tensors) {
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

#include "checkpoint/adapter_heads.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "model/bert_view.hpp"
#include "model/heads_file.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

at::Tensor checked(const model::SafetensorsFile& file, const std::filesystem::path& path, const std::string& name,
                   const std::vector<int64_t>& shape, Faults& faults) {
  const model::SafetensorsEntry* found = file.header().find(name);
  if (found != nullptr && found->shape == shape) return file.tensor(name).to(at::kFloat);
  faults.add({.what = "tensor '" + name + "' " +
                      (found == nullptr ? "is missing" : "has the shape " + text::shape(found->shape)),
              .where = path.string(),
              .allowed = text::shape(shape) + " by heads.json"});
  return {};
}

}  // namespace

std::vector<model::Head> read_heads_beside(const std::filesystem::path& folder, const sdk::ModelView& view,
                                           at::Device device) {
  if (!std::filesystem::exists(folder / "heads.json")) return {};
  const model::HeadsFile listed = model::read_heads_file(folder / "heads.json");
  if (listed.others.empty()) return {};
  const std::filesystem::path path = folder / "heads.safetensors";
  const model::SafetensorsFile file(path);
  Faults faults;
  std::vector<model::Head> heads;
  for (const model::HeadsFile::Entry& entry : listed.others) {
    const auto classes = static_cast<int64_t>(entry.labels.size());
    heads.push_back({.task = entry.task,
                     .labels = entry.labels,
                     .weight = checked(file, path, model::head_weight_name(entry.task), {classes, view.hidden}, faults),
                     .bias = checked(file, path, model::head_bias_name(entry.task), {classes}, faults)});
  }
  faults.raise<DataError>();
  for (model::Head& head : heads) {
    head.weight = head.weight.to(device);
    head.bias = head.bias.to(device);
  }
  return heads;
}

}  // namespace engram::checkpoint

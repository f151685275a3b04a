#include "checkpoint/merged_folder.hpp"

#include <ATen/core/grad_mode.h>

#include <cstring>
#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/checksums.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "model/bert_view.hpp"
#include "model/folder.hpp"
#include "model/folder_contents.hpp"
#include "model/heads_file.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnnamed = "unnamed";  // a head that its folder gives no task
constexpr const char* kTextFiles[] = {model::kConfigFile, model::kHeadsFile, kProvenanceFile};

const char* transformers_name(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? "bfloat16" : dtype == at::kHalf ? "float16" : "float32";
}

std::vector<model::NamedTensor> as_stored(const model::Model& model, const MergedFolder& merged) {
  const at::NoGradGuard no_grad;
  const std::string& primary = merged.heads.front().task;
  const std::set<std::string> head = {model::head_weight_name(primary), model::head_bias_name(primary)};
  std::vector<model::NamedTensor> tensors;
  Faults faults;
  for (const model::NamedTensor& entry : model.parameters()) {
    if (entry.name.starts_with("heads.") && !head.contains(entry.name)) continue;
    const auto found = merged.parameters.values.find(entry.name);
    const at::Tensor exact = found == merged.parameters.values.end() ? entry.tensor : found->second;
    const at::Tensor stored = exact.to(merged.stored);
    if (!at::isfinite(stored).all().item<bool>()) {
      faults.add({.what = entry.name + " holds values that are too large for " + transformers_name(merged.stored),
                  .where = merged.base.string(),
                  .fix = "use --dtype bf16 or fp32"});
    }
    tensors.push_back({entry.name, stored});
  }
  faults.raise<DataError>();
  return tensors;
}

bool same_bytes(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         std::memcmp(a.contiguous().const_data_ptr(), b.contiguous().const_data_ptr(), a.nbytes()) == 0;
}

// Under the names of docs/model_folder.md: the primary head's are classifier.*.
std::vector<model::NamedTensor> heads_of(const fs::path& folder) {
  std::string primary = kUnnamed;
  if (fs::exists(folder / model::kHeadsFile)) {
    const std::string named = model::read_heads_file(folder / model::kHeadsFile).primary;
    if (!named.empty()) primary = named;
  }
  std::vector<model::NamedTensor> tensors;
  for (const model::Head& head : model::load_model(folder, kUnnamed)->heads()) {
    const bool is_primary = head.task == primary;
    tensors.push_back({is_primary ? "classifier.weight" : model::head_weight_name(head.task), head.weight.detach()});
    tensors.push_back({is_primary ? "classifier.bias" : model::head_bias_name(head.task), head.bias.detach()});
  }
  return tensors;
}

// What a link of a stranger's folder leads to would be copied unseen. In the Hugging Face cache links lead to blobs.
void refuse_link_out(const fs::path& file, const fs::path& folder) {
  const fs::path target = fs::weakly_canonical(file), inside = fs::weakly_canonical(folder);
  const fs::path blobs = inside.parent_path().parent_path() / "blobs";
  if (target.parent_path() == inside || target.parent_path() == blobs) return;
  throw DataError({.what = "is a link that leaves its folder: it leads to " + target.string(),
                   .where = file.string(),
                   .fix = "put a copy of the file in its place, or remove the link"});
}

void copy_companions(const fs::path& folder, const fs::path& into) {
  std::set<std::string> own = {model::kWeightsFile, model::kHeadWeightsFile, kOriginalsFile, kStrategyTensorsFile,
                               kChecksumsFile};
  for (const char* name : kTextFiles) own.insert(name);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (own.contains(name)) continue;
    if (entry.is_symlink()) refuse_link_out(entry.path(), folder);
    if (entry.is_regular_file()) write_file_atomically(into / name, read_file(entry.path()));
  }
}

}  // namespace

at::ScalarType stored_dtype(const std::string& name) {
  return name == "bf16" ? at::kBFloat16 : name == "fp16" ? at::kHalf : at::kFloat;
}

void write_merged_folder(const fs::path& folder, const MergedFolder& merged) {
  // Without an unnamed head, whose place another one takes; named heads of the base stay usable.
  const std::unique_ptr<model::Model> model = model::load_model(merged.base, "");
  for (const model::Head& head : merged.heads) {
    model->set_head({.task = head.task, .labels = head.labels, .weight = head.weight.cpu(), .bias = head.bias.cpu()});
  }
  model::save_model(*model, merged.heads.front().task, merged.base, folder, as_stored(*model, merged));
  Json config = read_json(folder / model::kConfigFile);
  config["dtype"] = transformers_name(merged.stored);
  write_file_atomically(folder / model::kConfigFile, config.dump(2) + "\n");
}

void write_originals(const fs::path& folder, const fs::path& base) {
  const model::FolderContents before = model::read_folder_contents(base), after = model::read_folder_contents(folder);
  std::vector<model::NamedTensor> tensors = heads_of(base);
  for (const auto& [name, stored] : before.trunk) {
    const at::Tensor original = before.weights.tensor(stored);
    if (!same_bytes(original, after.weights.tensor(after.trunk.at(name)))) tensors.push_back({name, original});
  }
  std::map<std::string, std::string> texts;
  for (const char* name : kTextFiles) {
    if (fs::exists(base / name)) texts[name] = read_file(base / name);
  }
  model::write_safetensors(folder / kOriginalsFile, tensors, texts);
}

bool holds_originals(const fs::path& folder) { return fs::exists(folder / kOriginalsFile); }

void write_unmerged(const fs::path& folder, const fs::path& into) {
  const model::FolderContents merged = model::read_folder_contents(folder);
  const model::SafetensorsFile originals(folder / kOriginalsFile);
  const std::string prefix = model::bert_view(merged.config).family + ".";
  std::vector<model::NamedTensor> weights, others;
  for (const auto& [name, stored] : merged.trunk) {
    const bool changed = originals.header().find(name) != nullptr;
    weights.push_back({prefix + name, changed ? originals.tensor(name) : merged.weights.tensor(stored)});
  }
  for (const model::SafetensorsEntry& entry : originals.header().entries) {
    if (entry.name.starts_with("classifier.")) weights.push_back({entry.name, originals.tensor(entry.name)});
    if (entry.name.starts_with("heads.")) others.push_back({entry.name, originals.tensor(entry.name)});
  }
  model::write_safetensors(into / model::kWeightsFile, weights);
  if (!others.empty()) model::write_safetensors(into / model::kHeadWeightsFile, others);
  copy_companions(folder, into);
  for (const char* name : kTextFiles) {
    const auto& texts = originals.header().metadata;
    if (const auto found = texts.find(name); found != texts.end()) write_file_atomically(into / name, found->second);
  }
}

}  // namespace engram::checkpoint

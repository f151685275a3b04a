#include "run/adapter_base.hpp"

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "checkpoint/peft_config.hpp"
#include "hub/environment.hpp"
#include "hub/resolve.hpp"
#include "model/tensors_hash.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownDigits = 12;

// "abc... (models/base)".
std::string named(const std::string& hash, const std::string& place) {
  return hash.substr(0, kShownDigits) + " (" + place + ")";
}

}  // namespace

fs::path base_of_adapter(const fs::path& adapter, const std::optional<checkpoint::Provenance>& provenance,
                         const std::string& asked) {
  if (!asked.empty()) return hub::resolve(asked, "", "--base").folder;
  const std::string name = provenance ? provenance->base : checkpoint::base_named_by(adapter);
  if (name.empty()) {
    throw DataError({.what = "the adapter does not say which model it belongs to",
                     .where = adapter.string(),
                     .fix = "name it with --base"});
  }
  std::vector<fs::path> places = {name};
  if (fs::path(name).is_relative()) {
    const fs::path whole = fs::absolute(adapter).lexically_normal();
    places.push_back((whole.parent_path() / name).lexically_normal());
    places.push_back((whole.parent_path().parent_path() / name).lexically_normal());
  }
  std::vector<std::string> tried;
  for (const fs::path& place : places) {
    if (fs::is_directory(place)) return place;
    tried.push_back(place.string());
  }
  Fault fault{
      .what = "the adapter belongs to the model '" + name + "', which is not there; tried " + text::join(tried, ", "),
      .where = adapter.string(),
      .fix = "name the model's folder with --base"};
  const std::optional<hub::Reference> reference = hub::parse_reference(name);
  if (!reference) throw DataError(fault);
  const hub::Cache cache(hub::hub_cache());
  if (cache.revisions(reference->repository).empty()) {
    fault.what += " and the Hugging Face cache " + cache.folder().string();
    fault.fix += ", or fetch it: engram pull " + name;
    throw DataError(fault);
  }
  try {
    return hub::resolve(name, "", adapter.string()).folder;
  } catch (const DataError& error) {
    fault.what += "; " + error.faults().front().what;
    fault.fix += ", or fetch it: engram pull " + name;
    throw DataError(fault);
  }
}

BaseIdentity identity_of(const model::FolderFacts& base) {
  return {.folder = base.folder,
          .tensors = model::tensors_hash(base.folder),
          .tokenizer = sha256_of_file(base.tokenizer_file)};
}

std::vector<std::string> base_differences(const checkpoint::Provenance& provenance, const BaseIdentity& base,
                                          const std::string& relation) {
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& what, const std::string& recorded, const std::string& found) {
    if (recorded == found) return;
    differences.push_back(relation + " another " + what + ": " + named(recorded, provenance.base) + ", and here is " +
                          named(found, base.folder.string()));
  };
  compare("model", provenance.base_tensors, base.tensors);
  compare("tokenizer", provenance.tokenizer, base.tokenizer);
  return differences;
}

std::vector<std::string> check_base(const checkpoint::Provenance& provenance, const BaseIdentity& base,
                                    const std::string& relation, const fs::path& trained, OtherBase other_base) {
  std::vector<std::string> differences = base_differences(provenance, base, relation);
  Faults faults;
  for (std::string& difference : differences) {
    if (other_base == OtherBase::refused) {
      faults.add({.what = difference,
                  .where = trained.string(),
                  .fix = "name that model with --base, or use --force if the difference is wanted"});
    }
    difference = trained.string() + ": " + difference + "; forced";
  }
  faults.raise<DataError>();
  return differences;
}

void check_labels(const checkpoint::Provenance& provenance, int64_t classes, const fs::path& folder) {
  if (static_cast<int64_t>(provenance.labels.size()) == classes) return;
  throw DataError({.what = "the head has " + std::to_string(classes) + " classes, and " + checkpoint::kProvenanceFile +
                           " names " + std::to_string(provenance.labels.size()) +
                           " labels for it: " + text::join(provenance.labels, ", "),
                   .where = folder.string(),
                   .fix = "the files do not belong together: write the checkpoint again"});
}

}  // namespace engram::run

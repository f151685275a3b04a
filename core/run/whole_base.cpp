#include "run/whole_base.hpp"

#include "base/files.hpp"
#include "checkpoint/artefact.hpp"
#include "checkpoint/run_folder.hpp"
#include "hub/resolve.hpp"
#include "model/tensors_hash.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownDigits = 12;
constexpr const char* kUnnamedHead = "labels";

Faults differences(const checkpoint::Provenance& provenance, const model::FolderFacts& base, const fs::path& trained) {
  Faults faults;
  const auto compare = [&](const std::string& what, const std::string& recorded, const std::string& found) {
    if (recorded == found) return;
    faults.add({.what = "the model was trained from another " + what + ": " + recorded.substr(0, kShownDigits) + " (" +
                        provenance.base + "), and here is " + found.substr(0, kShownDigits) + " (" +
                        base.folder.string() + ")",
                .where = trained.string(),
                .fix = "name the model that it was trained from with --base, or use --force if the difference is "
                       "wanted"});
  };
  compare("model", provenance.base_tensors, model::tensors_hash(base.folder));
  compare("tokenizer", provenance.tokenizer, sha256_of_file(base.tokenizer_file));
  return faults;
}

// A name that the cache of today does not hold is as good as a folder that is gone.
fs::path recorded_base(const checkpoint::Provenance& provenance) {
  try {
    return hub::resolve(provenance.base, "", "").folder;
  } catch (const DataError&) {
    return provenance.base;
  }
}

Fault missing(const std::string& what, const Opened& opened) {
  return {.what = what, .where = opened.base.folder.string(), .fix = "name the base with --base"};
}

}  // namespace

bool names_adapter(const std::string& path) {
  try {
    checkpoint::Artefact artefact = checkpoint::identify(hub::resolve(path, "", "").folder);
    if (artefact.kind == checkpoint::ArtefactKind::run) {
      artefact = checkpoint::identify(checkpoint::RunFolder::open(artefact.folder).best());
    }
    return artefact.kind == checkpoint::ArtefactKind::adapter;
  } catch (const DataError&) {
    return false;
  }
}

WholeBase base_of_whole_model(const Opened& opened, const std::string& asked, OtherBase other_base) {
  const auto& provenance = opened.trained.provenance;
  WholeBase base;
  if (asked.empty() && !provenance) {
    base.missing = missing("no " + std::string(checkpoint::kProvenanceFile) + " says what it was trained from", opened);
    return base;
  }
  const fs::path folder = asked.empty() ? recorded_base(*provenance) : hub::resolve(asked, "", "--base").folder;
  if (asked.empty() && !fs::exists(folder)) {
    base.missing = missing("the model that it was trained from is not there any more: " + provenance->base, opened);
    return base;
  }
  base.facts = model::inspect_folder(folder);
  if (provenance) {
    const Faults faults = differences(*provenance, base.facts, opened.base.folder);
    base.forced = !faults.empty();
    for (const Fault& fault : faults.list()) base.notes.push_back(fault.what + "; forced");
    if (other_base == OtherBase::refused) faults.raise<DataError>();
  }
  base.model = model::load_model(folder, kUnnamedHead);
  base.model->move_to(opened.model->device());
  return base;
}

}  // namespace engram::run

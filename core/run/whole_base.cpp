#include "run/whole_base.hpp"

#include "hub/resolve.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

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
  base.identity = identity_of(base.facts);
  if (provenance) {
    base.notes = check_base(*provenance, base.identity, "the model was trained from", opened.base.folder, other_base);
    base.forced = !base.notes.empty();
  }
  base.model = model::load_model(folder, kUnnamedHead);
  base.model->move_to(opened.model->device());
  return base;
}

}  // namespace engram::run

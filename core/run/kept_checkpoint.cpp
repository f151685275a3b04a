#include "run/kept_checkpoint.hpp"

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/checksums.hpp"
#include "checkpoint/run_folder.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using checkpoint::ArtefactKind;

[[noreturn]] void refuse_without_best(const checkpoint::RunFolder& run) {
  const std::string folder = run.path().string();
  const Json result = fs::exists(run.result()) ? read_json(run.result()) : Json::object();
  if (result.contains("chosen") && result.at("chosen").is_object()) {
    throw DataError({.what = "holds no checkpoint: the model as it began scored best, so nothing that was trained is "
                             "kept",
                     .where = folder,
                     .fix = "train longer or at a higher rate, or look at what score takes off (" +
                            (run.path() / "metrics.csv").string() + " has every evaluation)"});
  }
  throw DataError({.what = "holds no checkpoint: the run has not got so far",
                   .where = folder,
                   .fix = "go on with engram run --resume " + folder});
}

// The run in whose checkpoints the folder lies; empty: none.
fs::path run_around(const fs::path& folder) {
  fs::path whole = fs::absolute(folder).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const fs::path run = whole.parent_path().parent_path();
  const bool is_one = whole.parent_path().filename() == "checkpoints" && fs::exists(run / "manifest.json");
  return is_one ? run : fs::path();
}

}  // namespace

KeptCheckpoint kept_checkpoint(const fs::path& path) {
  const checkpoint::Artefact artefact = checkpoint::identify(path);
  switch (artefact.kind) {
    case ArtefactKind::model_folder:
    case ArtefactKind::adapter:
      checkpoint::verify_checksums(artefact.folder);
      return {artefact.folder, artefact.kind, run_around(artefact.folder)};
    case ArtefactKind::run: break;
    case ArtefactKind::grid:
    case ArtefactKind::chain:
      throw DataError({.what = "holds several runs", .where = path.string(), .fix = "name the folder of one of them"});
    case ArtefactKind::training_state:
      throw DataError({.what = "is a training state, which only engram run --resume reads",
                       .where = path.string(),
                       .fix = "name the run folder: its best checkpoint is used"});
  }
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(artefact.folder);
  if (!fs::exists(run.best())) refuse_without_best(run);
  const checkpoint::Artefact best = checkpoint::identify(run.best());
  checkpoint::verify_checksums(best.folder);
  return {best.folder, best.kind, artefact.folder};
}

}  // namespace engram::run

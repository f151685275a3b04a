#include "run/best_checkpoint.hpp"

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "run/provenance_of.hpp"

namespace engram::run {

BestCheckpoint::BestCheckpoint(const Preparation& prepared, const Material& material,
                               const checkpoint::RunFolder& folder, Followed followed)
    : prepared_(prepared),
      material_(material),
      folder_(folder),
      also_merged_(followed == Followed::yes &&
                   checkpoint::form_of(prepared.resolution, material.model->view()) != checkpoint::Form::model_folder),
      carried_(checkpoint::read_strategy_tensors(prepared.model_folder)),
      provenance_(provenance_of(read_json(folder.manifest()))) {}

checkpoint::Subject BestCheckpoint::subject() const {
  return {.model = *material_.model,
          .strategies = prepared_.strategies,
          .resolution = prepared_.resolution,
          .task = prepared_.trained_task,
          .base = prepared_.model_folder,
          .provenance = provenance_,
          .kept = written_,
          .carried_before = carried_};
}

void BestCheckpoint::write(const checkpoint::Kept& kept) {
  folder_.require_present();
  if (named_ && named_ == written_) {
    for (const std::filesystem::path& folder : folders()) checkpoint::keep_before(folder);
  }
  written_ = kept;  // the subject names it
  checkpoint::write_deployable(folder_.best(), subject());
  if (also_merged_) checkpoint::write_merged(folder_.merged(), subject());
}

void BestCheckpoint::named_by_state() {
  named_ = written_;
  settle();
}

bool BestCheckpoint::put_back(const std::optional<checkpoint::Kept>& named) {
  bool found = true;
  for (const std::filesystem::path& folder : folders()) {
    const bool wanted = folder == folder_.best() || also_merged_;
    found = (checkpoint::put_back(folder, named) || !wanted) && found;
  }
  written_ = checkpoint::read_kept(folder_.best());
  named_ = named;
  return found;
}

bool BestCheckpoint::is_of_candidate() const {
  const auto kept = checkpoint::read_kept(folder_.best());
  return kept && !kept->candidate.empty();
}

void BestCheckpoint::settle() const {
  for (const std::filesystem::path& folder : folders()) checkpoint::drop_before(folder);
}

void BestCheckpoint::write_carried() const {
  for (const std::filesystem::path& folder : folders()) {
    if (std::filesystem::exists(folder)) checkpoint::write_carried(folder, subject());
  }
}

void refuse_unfollowable(const Preparation& prepared) {
  if (checkpoint::folds_into_weights(prepared.resolution)) return;
  throw RecipeError({.what = "no run of a chain can start from the result of this recipe: prefixes and prompts do not "
                             "fold into a model's weights",
                     .where = prepared.recipe().file,
                     .fix = "put this recipe last in the chain"});
}

Result result_of(const std::filesystem::path& run_folder) {
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(run_folder);
  const std::string name = run_folder.string();
  if (std::filesystem::exists(run.merged())) return {run.merged(), "the merged result of " + name};
  if (std::filesystem::exists(run.best())) return {run.best(), "the result of " + name};
  return {read_json(run.manifest()).at("model").at("folder").get<std::string>(),
          "the model that " + name + " started from, since nothing there scored better"};
}

}  // namespace engram::run

#include "run/start_adapter.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/strategy_tensors.hpp"
#include "hub/resolve.hpp"
#include "run/adapter_base.hpp"
#include "run/kept_checkpoint.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

// The adapter itself, of a run the one that it kept.
fs::path adapter_folder(const fs::path& path) {
  const KeptCheckpoint kept = kept_checkpoint(path);
  if (kept.kind == checkpoint::ArtefactKind::adapter) return kept.folder;
  throw DataError({.what = "holds a whole model and no adapter",
                   .where = kept.folder.string(),
                   .fix = "go on from it as a model: model = \"" + kept.folder.string() + "\", without adapter"});
}

bool waives_other_base(const recipe::Recipe& recipe) {
  const auto& names = recipe.waived_advice;
  return std::find(names.begin(), names.end(), kOtherBaseWaived) != names.end();
}

}  // namespace

std::optional<StartAdapter> read_start_adapter(const recipe::Recipe& recipe, const model::FolderFacts& base,
                                               Faults& faults) {
  if (recipe.adapter.empty()) return {};
  try {
    const fs::path folder = adapter_folder(hub::resolve(recipe.adapter, recipe.folder, "").folder);
    StartAdapter start{.adapter = checkpoint::read_adapter(folder, base.view),
                       .provenance = checkpoint::read_provenance(folder)};
    if (!start.provenance) {
      start.notes.push_back("adapter: " + folder.string() + " has no provenance.json, so that it was trained on " +
                            recipe.model + " is taken on trust");
    }
    return start;
  } catch (const DataError& error) {
    for (Fault fault : error.faults()) {
      fault.what =
          "adapter = \"" + recipe.adapter + "\": " + fault.where + (fault.where.empty() ? "" : ": ") + fault.what;
      fault.where = recipe.adapter_place.text();
      faults.add(std::move(fault));
    }
    return {};
  }
}

recipe::Task with_labels_of(const StartAdapter& start, recipe::Task task) {
  const bool lists_none = task.labels.empty() && task.head != recipe::HeadSource::from_model;
  if (lists_none && start.provenance) task.labels = start.provenance->labels;
  return task;
}

void compare_labels(StartAdapter& start, const recipe::Task& task, const std::vector<std::string>& labels,
                    Faults& faults) {
  if (!start.adapter.head_weight.defined()) {
    start.notes.push_back("adapter: it holds no head, so that of " + task.name + " begins as the recipe says");
    return;
  }
  const auto classes = static_cast<size_t>(start.adapter.head_weight.size(0));
  if (start.provenance && start.provenance->labels != labels) {
    faults.add({.what = "the adapter's head has the labels " + text::join(start.provenance->labels, ", ") +
                        ", in this order, and tasks." + task.name + " has " + text::join(labels, ", "),
                .where = task.place.text(),
                .fix = "give the task the labels of the head, in its order, or leave labels out"});
  } else if (classes != labels.size()) {
    faults.add({.what = "the adapter's head has " + std::to_string(classes) + " classes, and tasks." + task.name +
                        " has " + std::to_string(labels.size()) + " labels: " + text::join(labels, ", "),
                .where = task.place.text(),
                .fix = "list the labels that the head was trained on, in its order: labels = { ... }"});
  } else if (!start.provenance) {
    start.notes.push_back("adapter: it does not say what the classes of its head mean; they are taken for " +
                          text::join(labels, ", ") + ", in this order (tasks." + task.name + ".labels)");
  }
}

BaseMatch match_base(const StartAdapter& start, const recipe::Recipe& recipe, const model::FolderFacts& base,
                     const std::string& tensors_hash, std::vector<std::string>& warnings) {
  if (!start.provenance) return BaseMatch::unknown;
  const std::vector<std::string> differences = base_differences(
      *start.provenance,
      {.folder = base.folder, .tensors = tensors_hash, .tokenizer = sha256_of_file(base.tokenizer_file)},
      "the adapter was trained on");
  if (differences.empty()) return BaseMatch::recorded;
  Faults faults;
  for (const std::string& difference : differences) {
    warnings.push_back(difference + "; waived");
    faults.add({.what = difference,
                .where = recipe.adapter_place.text(),
                .fix = "name the model that it was trained on as model, or write waive = { \"adapter_base\" } if the "
                       "difference is wanted"});
  }
  if (!waives_other_base(recipe)) faults.raise<DataError>();
  return BaseMatch::other;
}

Json start_adapter_json(const StartAdapter& start, BaseMatch match) {
  const fs::path& folder = start.adapter.folder;
  Json files = Json::object();
  for (const char* name : {checkpoint::kAdapterConfigFile, checkpoint::kAdapterWeightsFile,
                           checkpoint::kStrategyTensorsFile, checkpoint::kProvenanceFile}) {
    if (fs::exists(folder / name)) files[name] = sha256_of_file(folder / name);
  }
  const char* base = match == BaseMatch::recorded ? "recorded" : match == BaseMatch::unknown ? "unknown" : "other";
  return {{"folder", fs::absolute(folder).lexically_normal().string()}, {"base", base}, {"sha256", files}};
}

}  // namespace engram::run

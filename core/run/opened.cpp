#include "run/opened.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/adapter_heads.hpp"
#include "checkpoint/artefact.hpp"
#include "checkpoint/run_folder.hpp"
#include "hub/resolve.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using checkpoint::ArtefactKind;

constexpr const char* kUnnamedHead = "labels";  // the task of a head that its folder does not name

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

// The checkpoint itself, and the run it belongs to.
struct Found {
  fs::path folder;
  ArtefactKind kind = ArtefactKind::model_folder;
  fs::path run;
};

// The run in whose checkpoints the folder lies; empty: none.
fs::path run_around(const fs::path& folder) {
  fs::path whole = fs::absolute(folder).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const fs::path run = whole.parent_path().parent_path();
  const bool is_one = whole.parent_path().filename() == "checkpoints" && fs::exists(run / "manifest.json");
  return is_one ? run : fs::path();
}

Found find(const fs::path& path) {
  const checkpoint::Artefact artefact = checkpoint::identify(path);
  switch (artefact.kind) {
    case ArtefactKind::model_folder:
    case ArtefactKind::adapter: return {artefact.folder, artefact.kind, run_around(artefact.folder)};
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
  return {best.folder, best.kind, artefact.folder};
}

const model::Head& base_head(const Opened& opened, const std::string& task) {
  const model::Model& model = *opened.model;
  const std::string where = opened.base.folder.string();
  std::vector<std::string> names;
  for (const model::Head& head : model.heads()) names.push_back(head.task);
  if (names.empty()) {
    throw DataError({.what = "has no head that could label a text",
                     .where = where,
                     .fix = "train one with engram run, or name an adapter that has a head"});
  }
  const model::Head* head = model.find_head(task.empty() ? names.front() : task);
  if (head != nullptr) return *head;
  throw DataError({.what = "has no head '" + task + "'" + text::did_you_mean(task, names),
                   .where = where,
                   .allowed = text::join(names, ", ")});
}

// Of an adapter that others made: the base's labels where their number fits, as PEFT does it; else those that
// transformers makes up.
std::vector<std::string> labels_for(int64_t classes, const model::FolderFacts& base, std::vector<std::string>& notes) {
  for (const model::FolderFacts::HeadFacts& head : base.heads) {
    if (static_cast<int64_t>(head.labels.size()) != classes) continue;
    notes.push_back("its labels are taken from " + base.folder.string() + ": " + text::join(head.labels, ", "));
    return head.labels;
  }
  std::vector<std::string> labels;
  for (int64_t i = 0; i < classes; ++i) labels.push_back("LABEL_" + std::to_string(i));
  notes.push_back("nothing names its labels: they are called " + labels.front() + " to " + labels.back());
  return labels;
}

// That a run kept beside its adapter, else one of the base.
model::Head other_head(const checkpoint::Adapter& adapter, const Opened& opened, const std::string& task) {
  for (model::Head& head : checkpoint::read_heads_beside(adapter.folder, opened.base.view)) {
    if (head.task != task) continue;
    head.weight = head.weight.to(opened.model->device());
    head.bias = head.bias.to(opened.model->device());
    return head;
  }
  return base_head(opened, task);
}

// The head that is read while an adapter is on: its own, unless another was asked for or it has none.
model::Head head_under(const Trained& trained, const Opened& opened, const std::string& asked,
                       std::vector<std::string>& notes) {
  const checkpoint::Adapter& adapter = *trained.adapter;
  const std::string own = trained.provenance ? trained.provenance->task : kUnnamedHead;
  if (!adapter.head_weight.defined()) {
    const bool known = trained.provenance && opened.model->find_head(own) != nullptr;
    return base_head(opened, asked.empty() && known ? own : asked);
  }
  if (!asked.empty() && asked != own) return other_head(adapter, opened, asked);
  const int64_t classes = adapter.head_weight.size(0);
  if (trained.provenance) check_labels(*trained.provenance, classes, adapter.folder);
  return {.task = own,
          .labels = trained.provenance ? trained.provenance->labels : labels_for(classes, opened.base, notes),
          .weight = adapter.head_weight,
          .bias = adapter.head_bias};
}

Trained adapter_over(const Opened& opened, const fs::path& folder, OtherBase other_base, const std::string& task) {
  Trained trained{.adapter = checkpoint::read_adapter(folder, opened.base.view),
                  .provenance = checkpoint::read_provenance(folder)};
  checkpoint::Adapter& adapter = *trained.adapter;
  adapter.move_to(opened.model->device());
  trained.max_length = opened.base.view.max_positions;
  if (adapter.virtual_tokens) trained.max_length -= adapter.virtual_tokens->rows.size(0);
  std::vector<std::string> notes;
  if (trained.provenance) {
    trained.notes = check_base(*trained.provenance, opened.base, folder, other_base);
    trained.forced = !trained.notes.empty();
    trained.input = trained.provenance->pairs ? predict::Input::pair : predict::Input::text;
    trained.max_length = std::min(trained.max_length, trained.provenance->max_length);
  } else {
    notes.push_back("no " + std::string(checkpoint::kProvenanceFile) + " is beside it: that it was trained on " +
                    opened.base.folder.string() + " is taken on trust");
  }
  trained.head = head_under(trained, opened, task, notes);
  for (const std::string& note : notes) trained.notes.push_back(folder.string() + ": " + note);
  return trained;
}

// Of a folder that holds a whole model.
Trained whole_model(const Opened& opened, const std::string& task) {
  const fs::path& folder = opened.base.folder;
  Trained trained{.provenance = checkpoint::read_provenance(folder), .max_length = opened.base.view.max_positions};
  const std::string own = trained.provenance ? trained.provenance->task : "";
  trained.head = base_head(opened, task.empty() ? own : task);
  if (!trained.provenance) return trained;
  trained.max_length = std::min(trained.max_length, trained.provenance->max_length);
  trained.input = trained.provenance->pairs ? predict::Input::pair : predict::Input::text;
  if (trained.head.task != own || trained.head.labels == trained.provenance->labels) return trained;
  throw DataError({.what = "the head '" + own + "' has the labels " + text::join(trained.head.labels, ", ") + ", and " +
                           checkpoint::kProvenanceFile + " says " + text::join(trained.provenance->labels, ", "),
                   .where = folder.string(),
                   .fix = "the files do not belong together: write the checkpoint again"});
}

}  // namespace

Trained open_adapter(const Opened& opened, const fs::path& path, OtherBase other_base, const std::string& task) {
  const Found found = find(hub::resolve(path.string(), "", "").folder);
  if (found.kind == ArtefactKind::adapter) return adapter_over(opened, found.folder, other_base, task);
  throw DataError({.what = "is a whole model, and an adapter is wanted here",
                   .where = found.folder.string(),
                   .fix = "use it by itself, in place of " + opened.base.folder.string()});
}

Trained base_alone(const Opened& opened) { return whole_model(opened, ""); }

Opened open(const OpenRequest& request, at::Device device) {
  const Found found = find(hub::resolve(request.path, "", "").folder);
  const bool is_adapter = found.kind == ArtefactKind::adapter;
  if (!is_adapter && !request.base.empty()) {
    throw DataError({.what = "is a whole model, which is put on no other",
                     .where = found.folder.string(),
                     .fix = "leave --base out, or name an adapter"});
  }
  Opened opened{.run = found.run};
  if (!found.run.empty()) opened.manifest = read_json(found.run / "manifest.json");
  const fs::path folder = is_adapter
                              ? base_of_adapter(found.folder, checkpoint::read_provenance(found.folder), request.base)
                              : found.folder;
  opened.base = model::inspect_folder(folder);
  opened.model = model::load_model(folder, kUnnamedHead);
  opened.model->move_to(device);
  if (is_adapter) {
    opened.trained = adapter_over(opened, found.folder, request.other_base, request.task);
  } else if (request.head == HeadWanted::needed || !opened.model->heads().empty()) {
    opened.trained = whole_model(opened, request.task);
  } else {
    opened.trained.max_length = opened.base.view.max_positions;
  }
  return opened;
}

}  // namespace engram::run

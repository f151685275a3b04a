#include "run/opened.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "checkpoint/artefact.hpp"
#include "checkpoint/run_folder.hpp"
#include "model/tensors_hash.hpp"
#include "run/provenance_of.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using checkpoint::ArtefactKind;

constexpr size_t kShownDigits = 12;

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

Found find(const fs::path& path) {
  const checkpoint::Artefact artefact = checkpoint::identify(path);
  switch (artefact.kind) {
    case ArtefactKind::model_folder:
    case ArtefactKind::adapter: return {artefact.folder, artefact.kind, {}};
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

// "abc... (models/base)".
std::string named(const std::string& hash, const std::string& place) {
  return hash.substr(0, kShownDigits) + " (" + place + ")";
}

// Faults of a base that is not the one an adapter was trained on; notes instead where it is forced.
void check_base(const checkpoint::Provenance& provenance, const model::FolderFacts& base, const fs::path& adapter,
                OtherBase other_base, std::vector<std::string>& notes) {
  Faults faults;
  const auto compare = [&](const std::string& what, const std::string& recorded, const std::string& found) {
    if (recorded == found) return;
    const std::string text = "the adapter was trained on another " + what + ": " + named(recorded, provenance.base) +
                             ", and here is " + named(found, base.folder.string());
    if (other_base == OtherBase::forced) return notes.push_back(text + "; forced");
    faults.add(
        {.what = text,
         .where = adapter.string(),
         .fix = "name the model that it was trained on with --base, or use --force if the difference is wanted"});
  };
  compare("model", provenance.base_tensors, model::tensors_hash(base.folder));
  compare("tokenizer", provenance.tokenizer, sha256_of_file(base.tokenizer_file));
  faults.raise<DataError>();
}

// Of an adapter that others made: the base's labels where their number fits, else those that transformers makes up.
std::vector<std::string> labels_for(const checkpoint::Adapter& adapter, const model::FolderFacts& base) {
  const auto classes = static_cast<size_t>(adapter.head_weight.size(0));
  for (const model::FolderFacts::HeadFacts& head : base.heads) {
    if (head.labels.size() == classes) return head.labels;
  }
  std::vector<std::string> labels;
  for (size_t i = 0; i < classes; ++i) labels.push_back("LABEL_" + std::to_string(i));
  return labels;
}

const model::Head& base_head(const model::Model& model, const std::string& task, const fs::path& folder) {
  if (!task.empty()) {
    if (const model::Head* head = model.find_head(task)) return *head;
  }
  std::vector<std::string> names;
  for (const model::Head& head : model.heads()) names.push_back(head.task);
  if (names.empty()) throw DataError({.what = "has no head that could label a text", .where = folder.string()});
  if (task.empty()) return *model.find_head(names.front());
  throw DataError({.what = "has no head '" + task + "'" + text::did_you_mean(task, names),
                   .where = folder.string(),
                   .allowed = text::join(names, ", ")});
}

constexpr const char* kUnnamedHead = "labels";  // the task of a head that its folder does not name

}  // namespace

Trained open_adapter(const Opened& opened, const fs::path& folder, OtherBase other_base) {
  Trained trained{.adapter = checkpoint::read_adapter(folder, opened.base.view),
                  .provenance = checkpoint::read_provenance(folder)};
  checkpoint::Adapter& adapter = *trained.adapter;
  adapter.move_to(opened.model->device());
  trained.max_length = opened.base.view.max_positions;
  if (trained.provenance) {
    check_base(*trained.provenance, opened.base, folder, other_base, trained.notes);
    trained.input = trained.provenance->pairs ? predict::Input::pair : predict::Input::text;
    trained.max_length = trained.provenance->max_length;
    trained.head = {.task = trained.provenance->task, .labels = trained.provenance->labels};
  } else {
    trained.notes.push_back(folder.string() + " has no provenance.json: that it was trained on " +
                            opened.base.folder.string() + " is taken on trust");
    trained.head = {.task = kUnnamedHead, .labels = labels_for(adapter, opened.base)};
    if (adapter.virtual_tokens) trained.max_length -= adapter.virtual_tokens->rows.size(0);
  }
  trained.head.weight = adapter.head_weight;
  trained.head.bias = adapter.head_bias;
  return trained;
}

Opened open(const OpenRequest& request, at::Device device) {
  const Found found = find(request.path);
  Opened opened{.run = found.run};
  if (!found.run.empty()) opened.manifest = read_json(found.run / "manifest.json");
  fs::path base = found.folder;
  if (found.kind == ArtefactKind::adapter) {
    const std::optional<checkpoint::Provenance> provenance = checkpoint::read_provenance(found.folder);
    base = !request.base.empty() ? request.base
           : provenance          ? provenance->base
                                 : checkpoint::base_named_by(found.folder);
    if (base.empty()) {
      throw DataError({.what = "the adapter does not say which model it belongs to",
                       .where = found.folder.string(),
                       .fix = "name it with --base"});
    }
  }
  opened.base = model::inspect_folder(base);
  opened.model = model::load_model(base, kUnnamedHead);
  opened.model->move_to(device);
  if (found.kind == ArtefactKind::adapter) {
    opened.trained = open_adapter(opened, found.folder, request.other_base);
    return opened;
  }
  opened.trained.provenance = checkpoint::read_provenance(found.folder);
  std::string task = request.task;
  opened.trained.max_length = opened.base.view.max_positions;
  if (opened.trained.provenance) {
    if (task.empty()) task = opened.trained.provenance->task;
    opened.trained.max_length = opened.trained.provenance->max_length;
    opened.trained.input = opened.trained.provenance->pairs ? predict::Input::pair : predict::Input::text;
  }
  opened.trained.head = base_head(*opened.model, task, found.folder);
  return opened;
}

}  // namespace engram::run

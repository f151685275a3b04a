#include "run/opened.hpp"

#include <algorithm>
#include <set>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/adapter_heads.hpp"
#include "checkpoint/checksums.hpp"
#include "hub/resolve.hpp"
#include "run/heads_in_use.hpp"
#include "run/kept_checkpoint.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using checkpoint::ArtefactKind;

// Which head is read, and what its classes are called where nothing else says it.
struct Reading {
  std::string task;                 // empty: the one that was trained, or the first
  std::vector<std::string> labels;  // empty: as they are
};

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
  refuse_unknown_head(task, names, where);
}

bool are_made_up(const std::vector<std::string>& labels) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != "LABEL_" + std::to_string(i)) return false;
  }
  return true;
}

// Of an adapter that others made: the base's labels where their number fits, as PEFT does it; else those that
// transformers makes up.
std::vector<std::string> labels_for(int64_t classes, const model::FolderFacts& base, std::vector<std::string>& notes) {
  for (const model::FolderFacts::HeadFacts& head : base.heads) {
    if (static_cast<int64_t>(head.labels.size()) != classes || are_made_up(head.labels)) continue;
    notes.push_back("its labels are taken from " + base.folder.string() + ": " + text::join(head.labels, ", "));
    return head.labels;
  }
  std::vector<std::string> labels;
  for (int64_t i = 0; i < classes; ++i) labels.push_back("LABEL_" + std::to_string(i));
  notes.push_back("nothing names its labels: they are called " + labels.front() + " to " + labels.back() +
                  ", unless predict or eval gets names with --labels");
  return labels;
}

// The last part of a path, however it is written; of a repository in the cache, that of its name.
std::string short_name(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

// --labels; `unnamed`: nothing says what the classes mean.
void name_labels(model::Head& head, const std::vector<std::string>& names, bool unnamed, const fs::path& folder) {
  if (names.empty() || names == head.labels) return;
  const auto refuse = [&](const std::string& what, const std::string& allowed, const std::string& fix) {
    throw DataError({.what = what, .where = folder.string(), .allowed = allowed, .fix = fix});
  };
  if (!unnamed) {
    refuse("--labels: the head '" + head.task + "' has labels already: " + text::join(head.labels, ", "), "",
           "leave --labels out");
  }
  const size_t classes = head.labels.size();
  if (names.size() != classes || std::set<std::string>(names.begin(), names.end()).size() != classes) {
    refuse("--labels gives the names " + text::join(names, ", ") + ", and the head has " + std::to_string(classes) +
               " classes",
           std::to_string(classes) + " different names, in the order of the classes", "");
  }
  head.labels = names;
}

// What else can be read while an adapter is on: the heads that its run kept beside it, then those of the base.
std::vector<model::Head> other_heads(const checkpoint::Adapter& adapter, const Opened& opened) {
  std::vector<model::Head> heads =
      checkpoint::read_heads_beside(adapter.folder, opened.base.view, opened.model->device());
  for (const model::Head& head : opened.model->heads()) {
    const auto same = [&](const model::Head& other) { return other.task == head.task; };
    if (std::none_of(heads.begin(), heads.end(), same)) heads.push_back(head);
  }
  return heads;
}

model::Head other_head(const Trained& trained, const Opened& opened, const std::string& own, const std::string& asked) {
  const checkpoint::Adapter& adapter = *trained.adapter;
  std::vector<std::string> names;
  if (adapter.head_weight.defined()) names.push_back(own);
  for (model::Head& head : other_heads(adapter, opened)) {
    if (head.task == asked) return std::move(head);
    if (head.task != own || names.empty()) names.push_back(head.task);
  }
  if (names.empty()) return base_head(opened, asked);
  refuse_unknown_head(asked, names, adapter.folder);
}

// The head that is read while an adapter is on: its own, unless another was asked for or it has none.
model::Head head_under(const Trained& trained, const Opened& opened, const Reading& reading,
                       std::vector<std::string>& notes) {
  const checkpoint::Adapter& adapter = *trained.adapter;
  const std::string own = trained.provenance ? trained.provenance->task : kUnnamedHead;
  const bool has_own = adapter.head_weight.defined();
  model::Head head;
  if (has_own && (reading.task.empty() || reading.task == own)) {
    const int64_t classes = adapter.head_weight.size(0);
    if (trained.provenance) check_labels(*trained.provenance, classes, adapter.folder);
    std::vector<std::string> unread;
    head = {.task = own,
            .labels = trained.provenance ? trained.provenance->labels
                                         : labels_for(classes, opened.base, reading.labels.empty() ? notes : unread),
            .weight = adapter.head_weight,
            .bias = adapter.head_bias};
    name_labels(head, reading.labels, !trained.provenance, adapter.folder);
    return head;
  }
  if (reading.task.empty()) {
    const bool known = trained.provenance && opened.model->find_head(own) != nullptr;
    head = base_head(opened, known ? own : "");
  } else {
    head = other_head(trained, opened, own, reading.task);
  }
  name_labels(head, reading.labels, are_made_up(head.labels), adapter.folder);
  return head;
}

// What its training saw: single texts or pairs, of so many tokens.
void settle_input(Trained& trained, const fs::path& folder, int64_t most_tokens) {
  trained.max_length = most_tokens;
  if (!trained.provenance) return;
  const int64_t special = trained.provenance->pairs ? 3 : 2;  // [CLS] and a [SEP] behind each text
  if (trained.provenance->max_length <= special) {
    throw DataError({.what = "max_length is " + std::to_string(trained.provenance->max_length) +
                             ", which leaves no room for text beside " + std::to_string(special) + " special tokens",
                     .where = (folder / checkpoint::kProvenanceFile).string(),
                     .allowed = std::to_string(special + 1) + " and above",
                     .fix = "put the file back that the run wrote"});
  }
  trained.input = trained.provenance->pairs ? predict::Input::pair : predict::Input::text;
  trained.max_length = std::min(most_tokens, trained.provenance->max_length);
}

Trained adapter_over(Opened& opened, const fs::path& folder, OtherBase other_base, const Reading& reading) {
  Trained trained{.adapter = checkpoint::read_adapter(folder, opened.base.view),
                  .provenance = checkpoint::read_provenance(folder)};
  checkpoint::Adapter& adapter = *trained.adapter;
  adapter.move_to(opened.model->device());
  const int64_t virtual_tokens = adapter.virtual_tokens ? adapter.virtual_tokens->rows.size(0) : 0;
  settle_input(trained, folder, opened.base.view.max_positions - virtual_tokens);
  std::vector<std::string> notes;
  if (trained.provenance) {
    trained.notes =
        check_base(*trained.provenance, base_identity(opened), "the adapter was trained on", folder, other_base);
    trained.forced = !trained.notes.empty();
  } else {
    notes.push_back("no " + std::string(checkpoint::kProvenanceFile) + " is beside it: that it was trained on " +
                    opened.base.folder.string() + " is taken on trust");
  }
  trained.head = head_under(trained, opened, reading, notes);
  if (!notes.empty()) trained.notes.push_back(folder.string() + ": " + text::join(notes, "; "));
  return trained;
}

// Of a folder that holds a whole model.
Trained whole_model(const Opened& opened, const Reading& reading) {
  const fs::path& folder = opened.base.folder;
  Trained trained{.provenance = checkpoint::read_provenance(folder)};
  settle_input(trained, folder, opened.base.view.max_positions);
  const std::string own = trained.provenance ? trained.provenance->task : "";
  trained.head = base_head(opened, reading.task.empty() ? own : reading.task);
  name_labels(trained.head, reading.labels, !trained.provenance && are_made_up(trained.head.labels), folder);
  if (!trained.provenance) return trained;
  if (trained.head.task != own || trained.head.labels == trained.provenance->labels) return trained;
  throw DataError({.what = "the head '" + own + "' has the labels " + text::join(trained.head.labels, ", ") + ", and " +
                           checkpoint::kProvenanceFile + " says " + text::join(trained.provenance->labels, ", "),
                   .where = folder.string(),
                   .fix = "the files do not belong together: write the checkpoint again"});
}

// Only the sets that a run scored are read from it, but a checkpoint whose run cannot be told is not used unseen.
Json manifest_of(const fs::path& run) {
  try {
    return read_json(run / "manifest.json");
  } catch (const DataError& error) {
    Fault fault = error.faults().front();
    fault.fix = "put the manifest back that the run wrote; a copy of " + (run / "checkpoints" / "best").string() +
                " that lies elsewhere is used without one";
    throw DataError(std::move(fault));
  }
}

}  // namespace

const BaseIdentity& base_identity(Opened& opened) {
  if (!opened.identity) opened.identity = identity_of(opened.base);
  return *opened.identity;
}

Trained open_adapter(Opened& opened, const fs::path& path, OtherBase other_base, const std::string& task) {
  const KeptCheckpoint found = kept_checkpoint(hub::resolve(path.string(), "", "").folder);
  if (found.kind == ArtefactKind::adapter) return adapter_over(opened, found.folder, other_base, {.task = task});
  throw DataError({.what = "is a whole model, and an adapter is wanted here",
                   .where = found.folder.string(),
                   .fix = "use it by itself, in place of " + opened.base.folder.string()});
}

Trained base_alone(const Opened& opened) { return whole_model(opened, {}); }

Opened open(const OpenRequest& request, at::Device device) {
  const KeptCheckpoint found = kept_checkpoint(hub::resolve(request.path, "", "").folder);
  const bool is_adapter = found.kind == ArtefactKind::adapter;
  if (!is_adapter && !request.base.empty() && request.base_of_whole == BaseOfWhole::refused) {
    throw DataError({.what = "is a whole model, which is put on no other",
                     .where = found.folder.string(),
                     .fix = "leave --base out, or name an adapter"});
  }
  const Reading reading{.task = request.task, .labels = request.labels};
  Opened opened{.name = short_name(found.run.empty() ? fs::path(request.path) : found.run), .run = found.run};
  if (!found.run.empty()) opened.manifest = manifest_of(found.run);
  const fs::path folder = is_adapter
                              ? base_of_adapter(found.folder, checkpoint::read_provenance(found.folder), request.base)
                              : found.folder;
  if (is_adapter) checkpoint::verify_checksums(folder);
  opened.base = model::inspect_folder(folder);
  opened.model = model::load_model(folder, kUnnamedHead);
  opened.model->move_to(device);
  if (is_adapter) {
    opened.trained = adapter_over(opened, found.folder, request.other_base, reading);
  } else if (request.head == HeadWanted::needed || !opened.model->heads().empty() || !request.labels.empty()) {
    opened.trained = whole_model(opened, reading);
    if (!request.labels.empty()) opened.model->set_head(opened.trained.head);
  } else {
    opened.trained.max_length = opened.base.view.max_positions;
  }
  return opened;
}

}  // namespace engram::run

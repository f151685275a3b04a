// A model, adapter or run that a command names, opened for use: predict, eval, merge and inspect begin here.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "checkpoint/adapter.hpp"
#include "checkpoint/provenance.hpp"
#include "model/folder.hpp"
#include "model/model.hpp"
#include "predict/predictor.hpp"
#include "run/adapter_base.hpp"

namespace engram::run {

// Whether open() refuses a model folder in which no head is, or leaves Trained::head empty.
enum class HeadWanted { needed, optional };

// Whether open() refuses a base that is named for a whole model, or leaves it to its caller.
enum class BaseOfWhole { refused, left_to_caller };

// The task of a head that its folder does not name.
inline constexpr const char* kUnnamedHead = "labels";

struct OpenRequest {
  std::string path;  // a run folder (its best checkpoint), a checkpoint, an adapter, a model folder, or org/name
  std::string base;  // the model that an adapter is put on; empty: the one that it names
  std::string task;  // the head to read; empty: the one that was trained, or the folder's first
  std::vector<std::string> labels = {};  // what its classes are called, where nothing else says it; empty: made up
  OtherBase other_base = OtherBase::refused;
  HeadWanted head = HeadWanted::needed;
  BaseOfWhole base_of_whole = BaseOfWhole::refused;
};

// What labels texts: the base with its own head, or an adapter on it.
struct Trained {
  std::optional<checkpoint::Adapter> adapter;  // absent: the weights of the base are the result
  std::optional<checkpoint::Provenance> provenance;
  model::Head head;                             // the adapter's own, another beside it, or one of the base
  predict::Input input = predict::Input::text;  // by the provenance; text where there is none
  int64_t max_length = 0;                       // tokens of a sequence, virtual ones not counted
  std::vector<std::string> notes;               // what a user has to know: a base not checked, labels made up
  bool forced = false;                          // on a base that the provenance does not name (and notes say so)
};

struct Opened {
  std::string name;           // the last part of the run's folder, else of what was named
  std::filesystem::path run;  // the run folder that it belongs to; empty: none
  Json manifest;              // of that run; null: none
  model::FolderFacts base;
  std::unique_ptr<model::Model> model;  // of the base folder, with all its heads; nothing is attached
  Trained trained;
  std::optional<BaseIdentity> identity;  // of the base, once something has asked for it

  // Of the adapter, or of the whole model.
  const std::filesystem::path& folder() const { return trained.adapter ? trained.adapter->folder : base.folder; }
};

// Computed when it is first asked for.
const BaseIdentity& base_identity(Opened& opened);

// The model is moved to `device`. Throws DataError: nothing usable is there, no checkpoint has been kept, no head of
// the name, labels for a head that has its own or other classes, a base beside a whole model, an adapter whose
// provenance names other weights, another tokenizer or other labels than there are (both are named).
Opened open(const OpenRequest& request, at::Device device);

// A further adapter over the base of `opened`, checked in the same way. `path` is an adapter, or a run whose best
// checkpoint is one; `task` as in OpenRequest.
Trained open_adapter(Opened& opened, const std::filesystem::path& path, OtherBase other_base,
                     const std::string& task = {});

// The base of `opened` with a head of its own, whatever was opened. Throws DataError where it has none.
Trained base_alone(const Opened& opened);

}  // namespace engram::run

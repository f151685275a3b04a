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

namespace engram::run {

// Whether an adapter may be put on a model that it was not trained on (--force).
enum class OtherBase { refused, forced };

struct OpenRequest {
  std::string path;  // a run folder (its best checkpoint), a checkpoint, an adapter, a model folder, or org/name
  std::string base;  // the model that an adapter is put on; empty: the one that it names
  std::string task;  // the head to read; empty: the one that was trained, or the folder's first
  OtherBase other_base = OtherBase::refused;
};

// What labels texts: the base with its own head, or an adapter on it.
struct Trained {
  std::optional<checkpoint::Adapter> adapter;  // absent: the weights of the base are the result
  std::optional<checkpoint::Provenance> provenance;
  model::Head head;
  predict::Input input = predict::Input::text;
  int64_t max_length = 0;          // tokens of a sequence, virtual ones not counted
  std::vector<std::string> notes;  // what a user has to know: a base that could not be checked, or was forced
};

struct Opened {
  std::filesystem::path run;  // the run folder that it belongs to; empty: none
  Json manifest;              // of that run; null: none
  model::FolderFacts base;
  std::unique_ptr<model::Model> model;  // of the base folder, with all its heads; nothing is attached
  Trained trained;
};

// The model is moved to `device`. Throws DataError: nothing usable is there, no checkpoint has been kept, no head of
// the name, an adapter whose provenance names other weights or another tokenizer than the base has (both are named).
Opened open(const OpenRequest& request, at::Device device);

// A further adapter over the base of `opened`, checked in the same way.
Trained open_adapter(const Opened& opened, const std::filesystem::path& folder, OtherBase other_base);

}  // namespace engram::run

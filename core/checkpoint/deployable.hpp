// A checkpoint that can be used: a whole model folder, or an adapter beside the model it was trained on.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "checkpoint/kept.hpp"
#include "checkpoint/provenance.hpp"
#include "model/model.hpp"
#include "strategy/strategies.hpp"

namespace engram::checkpoint {

enum class Form { model_folder, peft_adapter, peft_virtual_tokens };

// The smallest form that holds everything a run trains.
Form form_of(const strategy::Resolution& resolution, const sdk::ModelView& view);

// What is written. Everything is borrowed.
struct Subject {
  const model::Model& model;
  const strategy::Strategies& strategies;
  const strategy::Resolution& resolution;
  std::string task;               // whose head transformers and PEFT see
  std::filesystem::path base;     // the model folder that the run started from; its tokenizer goes along
  Provenance provenance;          // written beside the checkpoint
  std::optional<Kept> kept = {};  // likewise
  // What `base` carries: passed on with a model folder where this run does not have the strategy.
  std::map<std::string, at::Tensor> carried_before = {};
};

// Writes the checkpoint beside `folder` and then swaps it in, so that `folder` always holds a whole one. Adapters that
// do not fit PEFT's format are folded into the weights. Every head of the model goes along (heads.safetensors), and
// what strategies carry to a later run (strategies.safetensors).
//
// A model folder has the carried tensors beside it; an adapter leaves its model as it was, so it carries nothing.
void write_deployable(const std::filesystem::path& folder, const Subject& subject);
// The same as a model folder whatever its form, for a run that starts from it: adapters are folded into the weights.
// Virtual tokens cannot be, and are left out: ask folds_into_weights() first.
void write_merged(const std::filesystem::path& folder, const Subject& subject);
// Whether a model folder holds everything that the resolution trains.
bool folds_into_weights(const strategy::Resolution& resolution);
// Writes the carried tensors alone beside a model folder that is there already; does nothing beside an adapter.
void write_carried(const std::filesystem::path& folder, const Subject& subject);

}  // namespace engram::checkpoint

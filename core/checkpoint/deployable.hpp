// A checkpoint that can be used: a whole model folder, or an adapter beside the model it was trained on.
#pragma once

#include <filesystem>
#include <string>

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
  std::string task;            // whose head transformers and PEFT see
  std::filesystem::path base;  // the model folder that the run started from; its tokenizer goes along
};

// Writes the checkpoint beside `folder` and then swaps it in, so that `folder` always holds a whole one. Adapters that
// do not fit PEFT's format are folded into the weights. Every head of the model goes along (heads.safetensors), and
// what strategies carry to a later run (strategies.safetensors).
void write_deployable(const std::filesystem::path& folder, const Subject& subject);

}  // namespace engram::checkpoint

// What a run holds in memory: the model with its heads, and every data set as token ids.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "run/preparation.hpp"
#include "train/trainer.hpp"

namespace engram::run {

struct EvaluationSet {
  const recipe::DataSet* set = nullptr;
  data::Examples examples;
};

struct Material {
  std::unique_ptr<model::Model> model;
  std::string model_hash;                 // of the weights and of config.json: what the untouched model computes
  std::string tensors_hash;               // model::tensors_hash(), read once for everything that names it
  Json adapter;                           // start_adapter_json() where training goes on from one; else null
  data::Examples training;                // all training sets, one after the other
  std::vector<EvaluationSet> evaluation;  // in the recipe's order
  std::map<std::string, data::Examples> strategy_sets;  // that passes and mixes name, by name
  std::vector<std::string> warnings;                    // of the plan, rows shared between sets, cut texts

  // What the trainer mixes in; borrowed from strategy_sets.
  train::MixedData mixed(const strategy::Resolution& resolution) const;
};

// How strategies turn a text into token ids: with the model's tokenizer, loaded when it is first asked for.
std::function<std::vector<int64_t>(const std::string&)> tokenizer_of(const Preparation& prepared);

// Loads tokens and weights and gives every task its head: the model's own, a fresh one, or a fitted one. `phase` is
// told what is being waited for. Throws DataError.
Material load_material(const Preparation& prepared, at::Device device,
                       const std::function<void(const std::string&)>& phase);

}  // namespace engram::run

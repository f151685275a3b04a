// A small BERT for the tests of this room: two blocks, hidden size 8, one old head ("topics") and one new
// ("questions").
#pragma once

#include <ATen/CPUGeneratorImpl.h>

#include <memory>

#include "model/bert_model.hpp"
#include "model/bert_view.hpp"
#include "model/folder.hpp"

namespace engram::test {

inline model::BertConfig small_config() {
  model::BertConfig config;
  config.vocabulary = 30;
  config.hidden = 8;
  config.layers = 2;
  config.heads = 2;
  config.intermediate = 16;
  config.max_positions = 12;
  return config;
}

inline sdk::ModelView small_view() {
  sdk::ModelView view = model::bert_view(small_config());
  model::add_head_to_view(view, "topics", 4, model::HeadUse::kept);
  model::add_head_to_view(view, "questions", 6, model::HeadUse::trained);
  return view;
}

// Weights N(0, 0.5), so that attention is far from uniform and a missing delta shows.
inline std::unique_ptr<model::BertModel> small_model() {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(5);
  std::vector<model::NamedTensor> tensors;
  for (const sdk::Parameter& parameter : model::bert_view(small_config()).parameters) {
    tensors.push_back({parameter.name, at::randn(parameter.shape, generator).mul_(0.5)});
  }
  auto model = std::make_unique<model::BertModel>(small_config(), tensors);
  const at::Tensor weight = at::randn({4, 8}, generator), bias = at::randn({4}, generator);
  model->set_head({"topics", {"a", "b", "c", "d"}, weight, bias});
  model->add_fresh_head("questions", {"u", "v", "w", "x", "y", "z"}, generator);
  return model;
}

// Two sequences, of 5 and 3 tokens.
inline data::Batch small_batch() {
  data::Batch batch;
  batch.input_ids_T = at::tensor({1, 7, 8, 9, 2, 1, 5, 2}, at::kLong);
  batch.token_type_ids_T = at::zeros({8}, at::kLong);
  batch.position_ids_T = at::tensor({0, 1, 2, 3, 4, 0, 1, 2}, at::kLong);
  batch.labels_B = at::tensor({1, 2}, at::kLong);
  batch.offsets = {0, 5, 8};
  batch.rows = {0, 1};
  return batch;
}

}  // namespace engram::test

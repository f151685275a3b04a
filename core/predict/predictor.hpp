// Labels texts with one head of a model, adapters and all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/tokenizer.hpp"
#include "model/model.hpp"

namespace engram::predict {

struct Prediction {
  std::string label;
  double probability = 0;
};

class Predictor {
 public:
  // `task` names a head of the model; texts longer than `max_length` tokens are cut.
  Predictor(std::unique_ptr<model::Model> model, data::Tokenizer tokenizer, std::string task, int64_t max_length);

  // One prediction a text, in order. Polls the interrupt flag.
  std::vector<Prediction> label(const std::vector<std::string>& texts) const;

 private:
  std::unique_ptr<model::Model> model_;
  data::Tokenizer tokenizer_;
  std::string task_;
  int64_t max_length_;
};

}  // namespace engram::predict

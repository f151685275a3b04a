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

// What the head was trained on: single texts, or pairs of them.
enum class Input { text, pair };

class Predictor {
 public:
  // `task` names a head of the model; texts, and pairs together, longer than `max_length` tokens are cut.
  Predictor(std::unique_ptr<model::Model> model, data::Tokenizer tokenizer, std::string task, Input input,
            int64_t max_length);

  Input input() const { return input_; }

  // One prediction a text, in order. `pairs` holds the second texts: as many as `texts` for Input::pair, none for
  // Input::text; InternalError otherwise. Polls the interrupt flag.
  std::vector<Prediction> label(const std::vector<std::string>& texts, const std::vector<std::string>& pairs) const;

 private:
  std::unique_ptr<model::Model> model_;
  data::Tokenizer tokenizer_;
  std::string task_;
  Input input_;
  int64_t max_length_;
};

}  // namespace engram::predict

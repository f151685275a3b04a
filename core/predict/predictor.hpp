// Labels texts with what a run has trained: its best checkpoint, on the model it started from where that is an adapter.
#pragma once

#include <filesystem>
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
  // Opens the best checkpoint of a run folder. Throws DataError: no run folder, no checkpoint, or a base model whose
  // weights are no longer those that the adapter was trained on.
  Predictor(const std::filesystem::path& run_folder, at::Device device);

  // One prediction a text, in order; texts longer than the run's max_length are cut. Polls the interrupt flag.
  std::vector<Prediction> label(const std::vector<std::string>& texts) const;

  const std::string& task() const { return task_; }

 private:
  std::unique_ptr<model::Model> model_;
  std::unique_ptr<data::Tokenizer> tokenizer_;
  std::string task_;
  std::vector<std::string> labels_;
  int64_t max_length_ = 0;
};

}  // namespace engram::predict

// config.json of the BERT family, read strictly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "kernels/activation_names.hpp"

namespace engram::model {

// Of config.json alone, before any weights have shown that they are there.
inline constexpr int64_t kMostLayers = 1'000;

// Defaults are those of transformers' BertConfig, used for keys that the file leaves out.
struct BertConfig {
  int64_t vocabulary = 30522;
  int64_t hidden = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t intermediate = 3072;
  int64_t max_positions = 512;
  int64_t token_types = 2;
  kernels::Activation activation = kernels::Activation::gelu;
  double hidden_dropout = 0.1;
  double attention_dropout = 0.1;
  std::optional<double> classifier_dropout;  // none: hidden_dropout
  double initializer_range = 0.02;
  double layer_norm_eps = 1e-12;
  std::vector<std::string> architectures;          // "BertForSequenceClassification"
  std::optional<std::vector<std::string>> labels;  // from id2label, else LABEL_i from num_labels
  std::string problem_type;                        // "" where the file names none

  Json source;  // the file as it was read, kept for saving
};

// Throws DataError with every fault at once, each naming the file and the key.
BertConfig parse_bert_config(const Json& object, const std::string& file);
BertConfig read_bert_config(const std::filesystem::path& file);

// The file that describes `config` with this primary head: architectures, id2label, label2id, dtype, problem_type;
// every other key as it was read.
Json config_with_head(const BertConfig& config, const std::vector<std::string>& labels);

}  // namespace engram::model

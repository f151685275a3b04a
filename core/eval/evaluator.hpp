// Scores a model on a set of examples: exact sums over examples, whatever the batch size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/examples.hpp"
#include "model/model.hpp"
#include "recipe/recipe.hpp"

namespace engram::eval {

struct EvaluationSettings {
  int64_t batch_size = 32;
  recipe::Precision precision = recipe::Precision::fp32;
  bool adapters = true;        // false: the base model as if nothing were attached
  bool probabilities = false;  // keep those of every example and class
};

// What is kept of every example, in the order of the set.
struct SetScores {
  std::map<std::string, double> metrics;
  std::vector<int64_t> predictions;
  std::vector<double> losses;        // nats
  std::vector<float> probabilities;  // (N, C), softmax of the logits in fp32, row by row; empty unless asked for
};

// Evaluates the head of examples.task. Polls the interrupt flag between batches (throws interrupt::Interrupted).
// Throws NotFiniteScores (exit 6) when losses are not finite.
SetScores evaluate(const model::Model& model, const data::Examples& examples, const EvaluationSettings& settings);

// What a model makes of texts, for measuring how far it has moved without any label.
struct Behaviour {
  at::Tensor log_probabilities_NC;  // what `readout` makes of the pooled vectors, fp32, CPU
  at::Tensor mean_hidden_NH;        // mean over each text's tokens of the last hidden state, fp32, CPU
};
// `readout` is a head that stays as it is, so that a change of the probabilities is a change of the trunk.
Behaviour observe(const model::Model& model, const data::Examples& examples, const model::Head& readout,
                  const EvaluationSettings& settings);

// Distance between two behaviours on the same examples. drift: 1 - mean cosine similarity of the mean hidden states.
// kl: mean over examples of KL(before || now) in nats.
std::map<std::string, double> drift_metrics(const Behaviour& before, const Behaviour& now);
// The names that drift_metrics() returns.
const std::vector<std::string>& drift_metric_names();

}  // namespace engram::eval

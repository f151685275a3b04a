// Labels texts with one model in memory: as it is, or with one of several adapters on it at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/tokenizer.hpp"
#include "model/model.hpp"
#include "predict/batches.hpp"

namespace engram::predict {

// What a head was trained on: single texts, or pairs of them.
enum class Input { text, pair };

// One way in which the model labels: with nothing on it, or with an adapter.
struct Variant {
  std::string name;
  std::string task;  // of the head that is read while it is on
  std::vector<std::string> labels;
  int64_t max_length = 0;  // tokens, virtual ones not counted: texts, and pairs together, are cut to it (and to 1 MiB)
  // Runs its argument with the adapter on the model, and takes it off again whatever happens. Empty: nothing is put on.
  std::function<void(const std::function<void()>&)> under = {};
};

struct Query {
  std::string text;
  std::optional<std::string> pair = {};  // every query of a call has one, or none has
  size_t variant = 0;
};

struct Prediction {
  size_t label = 0;                  // the most probable class, as an index into the variant's labels
  std::vector<float> probabilities;  // of every class
};

class Predictor {
 public:
  // Variants act on `model`, whose address stays the same.
  Predictor(std::unique_ptr<model::Model> model, data::Tokenizer tokenizer, std::vector<Variant> variants,
            BatchLimits limits);

  const std::vector<Variant>& variants() const { return variants_; }

  // One prediction a query, in order. Queries of one variant are labelled together, so that each is put on once a call;
  // afterwards nothing is on the model. Polls the interrupt flag. Throws InternalError (exit 6) where probabilities are
  // no finite numbers.
  std::vector<Prediction> label(const std::vector<Query>& queries) const;

 private:
  // `rows` are the queries of the variant that is on.
  void label(const std::vector<Query>& queries, const std::vector<size_t>& rows, const Variant& variant,
             std::vector<Prediction>& predictions) const;
  data::TokenizedTexts tokenize(const std::vector<Query>& queries, const std::vector<size_t>& rows,
                                const Variant& variant) const;

  std::unique_ptr<model::Model> model_;
  data::Tokenizer tokenizer_;
  std::vector<Variant> variants_;
  BatchLimits limits_;
};

}  // namespace engram::predict

// Scores a model, an adapter or a run on evaluation sets, with intervals, and against its base.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/evaluator.hpp"
#include "eval/intervals.hpp"
#include "eval/paired.hpp"
#include "recipe/recipe.hpp"
#include "run/opened.hpp"

namespace engram::run {

struct EvaluateRequest {
  OpenRequest open;                     // its task: the only one whose sets are scored; empty: all
  std::optional<recipe::DataSet> data;  // absent: the evaluation sets of the run
  eval::Resampling resampling;
};

// What the model is compared with on one set.
struct Comparison {
  std::string with;  // "the base", "the base under the head that the run kept", "always 'calm'"
  eval::Answers answers;
  std::map<std::string, double> metrics;
  std::map<std::string, eval::Interval> differences;  // model minus this, on the same rows
  eval::ChangedAnswers changed;
  double p = 1;  // of McNemar's exact test
};

struct EvaluatedSet {
  std::string name;
  std::string file;
  std::string task;
  std::vector<std::string> classes;  // in the head's order
  std::vector<int64_t> labels;
  int64_t truncated = 0;  // texts that were cut
  eval::SetScores scores;
  std::map<std::string, eval::Interval> intervals;  // Wilson's for accuracy, else of the bootstrap
  Comparison comparison;                            // with the base, else with the majority class
};

struct Evaluated {
  std::string path;
  std::filesystem::path base;  // that was compared with; empty: none
  std::string adapter;         // peft's type; empty: a whole model
  int64_t max_length = 0;
  std::vector<EvaluatedSet> sets;
  eval::Resampling resampling;
  bool forced = false;
  std::vector<std::string> notes;
};

// Throws DataError: what open() refuses, no sets to score, sets whose files are gone or have changed, labels that the
// head does not know (file, line), a task without a head. Polls the interrupt flag.
Evaluated evaluate(const EvaluateRequest& request, at::Device device);

}  // namespace engram::run

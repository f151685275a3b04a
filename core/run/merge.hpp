// engram merge: an adapter, or a trained model, as a model folder that is checked against what it was made from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/merge.hpp"
#include "recipe/recipe.hpp"
#include "run/opened.hpp"

namespace engram::run {

enum class Originals { left_out, kept };

struct MergeRequest {
  OpenRequest open;
  std::filesystem::path into;
  checkpoint::MergeAmount amount;
  std::string dtype = "fp32";           // or "bf16", "fp16"
  std::optional<double> tolerance;      // of the largest difference of a logit; absent: default_tolerance()
  std::filesystem::path probe;          // a file of texts; empty: the run's evaluation texts, else engram's sentences
  std::optional<recipe::DataSet> data;  // to score; absent: the run's own sets while they are what they were
  Originals originals = Originals::left_out;
};

// One measure of one set.
struct MergedScore {
  std::string set;
  std::string metric;
  std::optional<double> as_trained;  // before any scale or interpolation; absent: there is none, so it is `computed`
  double computed = 0;               // of the point that was asked for, in fp32, without merging
  double as_stored = 0;              // of the folder that was written

  double before() const { return as_trained.value_or(computed); }
};

struct MergeReport {
  std::string path;
  std::filesystem::path into;
  std::filesystem::path base;
  std::string adapter;  // peft's type; empty: a whole model
  std::string dtype;
  checkpoint::MergeAmount amount;
  std::vector<std::string> heads;  // "side: trained", "wind: the same as the base's"
  checkpoint::Rounding rounding;
  double difference = 0;  // largest, of logits
  double tolerance = 0;
  int64_t probes = 0;
  std::string probes_from;
  std::vector<MergedScore> scores;               // empty: no set was at hand
  std::map<std::string, int64_t> other_answers;  // by set: rows that are answered otherwise than before()
  uint64_t bytes = 0;                            // of the weights
  uint64_t original_bytes = 0;                   // of unmerged.safetensors; 0: not kept
  bool forced = false;
  std::vector<std::string> notes;
};

// Writes beside `into` and moves there when everything holds; on any error nothing is left. Throws DataError: what
// open() refuses, prefixes and prompts, an `into` that is not empty, nothing to merge, a difference above the
// tolerance.
MergeReport merge(const MergeRequest& request, at::Device device);

// What unmerging comes to.
struct Unmerged {
  std::filesystem::path into;
  std::string tensors_hash;
};
// Throws DataError: no merged folder, no originals (it says whether the base lies unchanged where it was), originals
// that do not give the base's hash.
Unmerged unmerge(const std::filesystem::path& folder, const std::filesystem::path& into);

}  // namespace engram::run

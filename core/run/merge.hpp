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

// One measure of one set, before (the adapter on its base) and after (the folder that was written).
struct MergedScore {
  std::string set;
  std::string metric;
  double before = 0;
  double after = 0;
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
  std::map<std::string, int64_t> other_answers;  // by set: rows whose prediction is another one after the merge
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
  std::filesystem::path into;  // written; empty: nothing had to be
  std::filesystem::path base;  // then: where the base lies, with the hash that it should have
  std::string tensors_hash;
};
// Throws DataError: no merged folder, originals that do not give the base's hash, no originals and no base.
Unmerged unmerge(const std::filesystem::path& folder, const std::filesystem::path& into);

}  // namespace engram::run

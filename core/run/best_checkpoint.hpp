// The checkpoint that a run keeps: written whenever an evaluation is the best so far.
#pragma once

#include <map>
#include <string>

#include "checkpoint/deployable.hpp"
#include "checkpoint/run_folder.hpp"
#include "run/material.hpp"
#include "run/preparation.hpp"

namespace engram::run {

class BestCheckpoint {
 public:
  // Borrows everything. A run that is followed has its adapters folded into a model folder as well.
  BestCheckpoint(const Preparation& prepared, const Material& material, const checkpoint::RunFolder& folder,
                 Followed followed);

  // The model as it is now.
  void write() const;
  // What strategies carry to a later run, once passes after training have run. Nothing when no checkpoint was written.
  void write_carried() const;

 private:
  checkpoint::Subject subject() const;

  const Preparation& prepared_;
  const Material& material_;
  const checkpoint::RunFolder& folder_;
  bool also_merged_;
  std::map<std::string, at::Tensor> carried_;  // beside the model that the run starts from
  checkpoint::Provenance provenance_;
};

// Throws RecipeError when no run can start from the result, because virtual tokens do not fold into weights.
void refuse_unfollowable(const Preparation& prepared);

// The model folder from which the next run of a chain starts.
struct Result {
  std::filesystem::path folder;
  std::string words;  // what it is: "the merged result of out/1-a"
};
Result result_of(const std::filesystem::path& run_folder);

}  // namespace engram::run

// The checkpoint that a run keeps: written whenever an evaluation is the best so far.
#pragma once

#include <array>
#include <map>
#include <optional>
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

  // The model as it is now. What the newest training state names stays beside it until the next state is saved.
  void write(const checkpoint::Kept& kept);
  // A training state that names what is there was saved.
  void named_by_state();
  // What the training state names that a run goes on from; empty: nothing. False: that is gone.
  bool put_back(const std::optional<checkpoint::Kept>& named);
  // Whether what is there was proposed after training: no training state names it.
  bool is_of_candidate() const;
  // The run has ended: what its states name matters no more.
  void settle() const;
  // What strategies carry to a later run, once passes after training have run. Nothing when no checkpoint was written.
  void write_carried() const;

 private:
  checkpoint::Subject subject() const;
  std::array<std::filesystem::path, 2> folders() const { return {folder_.best(), folder_.merged()}; }

  const Preparation& prepared_;
  const Material& material_;
  const checkpoint::RunFolder& folder_;
  bool also_merged_;
  std::map<std::string, at::Tensor> carried_;  // beside the model that the run starts from
  checkpoint::Provenance provenance_;
  std::optional<checkpoint::Kept> written_;  // what is there
  std::optional<checkpoint::Kept> named_;    // what the newest training state names
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

// Scores that are no finite numbers, with what is known of where they come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/errors.hpp"

namespace engram::eval {

struct NotFiniteRows {
  std::string set;
  std::vector<int64_t> rows;         // from 0, ascending
  int64_t of = 0;                    // rows of the set
  std::vector<std::string> weights;  // of the model, that hold values that are not finite; then nothing else is known
  std::string layer;                 // the first whose output is not finite; empty: not known
};

// "; the first layer whose output is not finite is pooler.dense", "; the weights ... are not finite", or "".
std::string cause_text(const std::string& layer, const std::vector<std::string>& weights);

class NotFiniteScores : public InternalError {
 public:
  explicit NotFiniteScores(NotFiniteRows found);
  ~NotFiniteScores() override;
  const NotFiniteRows& found() const { return found_; }

 private:
  NotFiniteRows found_;
};

}  // namespace engram::eval

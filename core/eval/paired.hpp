// Whether two models that answered the same rows differ by more than chance.
#pragma once

#include <cstdint>
#include <vector>

namespace engram::eval {

// Rows that one of the two gets right and the other wrong.
struct ChangedAnswers {
  int64_t better = 0;  // right now, wrong by the reference
  int64_t worse = 0;
};
ChangedAnswers changed_answers(const std::vector<int64_t>& labels, const std::vector<int64_t>& reference,
                               const std::vector<int64_t>& now);

// The exact test of McNemar, two-sided: the chance that a fair coin falls at least as unevenly as the changed answers.
// Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
// Psychometrika 12 (1947), 153-157; exact by the binomial distribution. 1 where nothing changed.
double mcnemar_exact(const ChangedAnswers& changed);

}  // namespace engram::eval

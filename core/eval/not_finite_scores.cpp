#include "eval/not_finite_scores.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace engram::eval {
namespace {

constexpr size_t kNamed = 12;

std::string first_of(std::vector<std::string> names) {
  const size_t all = names.size();
  if (all > kNamed) {
    names.resize(kNamed);
    return text::join(names, ", ") + " and " + std::to_string(all - kNamed) + " more";
  }
  return text::join(names, ", ");
}

Fault fault_of(const NotFiniteRows& found) {
  std::vector<std::string> numbers;
  for (const int64_t row : found.rows) numbers.push_back(std::to_string(row + 1));
  return {.what = "the loss of " + std::to_string(found.rows.size()) + " of the " + std::to_string(found.of) +
                  " rows of the set '" + found.set + "' is not a finite number (row " + first_of(numbers) + ")" +
                  cause_text(found.layer, found.weights),
          .fix = "the weights are damaged, or training has diverged: engram inspect tells more"};
}

}  // namespace

std::string cause_text(const std::string& layer, const std::vector<std::string>& weights) {
  if (!weights.empty()) return "; weights are not finite: " + first_of(weights);
  return layer.empty() ? "" : "; the first layer whose output is not finite is " + layer;
}

NotFiniteScores::NotFiniteScores(NotFiniteRows found)
    : InternalError(fault_of(found), ExitCode::resources), found_(std::move(found)) {}

NotFiniteScores::~NotFiniteScores() = default;

}  // namespace engram::eval

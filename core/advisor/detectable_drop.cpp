#include "advisor/detectable_drop.hpp"

#include <algorithm>
#include <cmath>

namespace engram::advisor {
namespace {

constexpr double kConfidence = 1.959963984540054;  // quantile 0.975 of the normal distribution
constexpr double kPower = 0.8416212335729143;      // quantile 0.8

double rows_for(double drop) {
  const double changed = std::max(drop, kChangedAnswers);
  const double root = kConfidence * std::sqrt(changed) + kPower * std::sqrt(changed - drop * drop);
  return root * root / (drop * drop);
}

}  // namespace

double detectable_drop(int64_t rows) {
  const auto wanted = static_cast<double>(rows);
  if (rows_for(1) > wanted) return 1;
  double low = 0;  // rows_for() falls from infinity
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (rows_for(middle) > wanted ? low : high) = middle;
  }
  return high;
}

int64_t rows_to_detect(double drop) { return static_cast<int64_t>(std::ceil(rows_for(drop))); }

}  // namespace engram::advisor

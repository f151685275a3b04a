#include "recipe/range.hpp"

#include <cmath>

#include "base/text.hpp"

namespace engram::recipe {

Range Range::at_least(double least) {
  Range range;
  range.least_ = least;
  return range;
}

Range Range::above(double bound) {
  Range range = at_least(bound);
  range.least_open_ = true;
  return range;
}

Range Range::between(double least, double most) {
  Range range = at_least(least);
  range.most_ = most;
  return range;
}

Range Range::from_to_below(double least, double bound) {
  Range range = between(least, bound);
  range.most_open_ = true;
  return range;
}

Range Range::above_to(double bound, double most) {
  Range range = between(bound, most);
  range.least_open_ = true;
  return range;
}

Range Range::above_to_below(double low, double high) {
  Range range = above_to(low, high);
  range.most_open_ = true;
  return range;
}

bool Range::holds(double number) const {
  if (!std::isfinite(number)) return false;
  const bool low = least_open_ ? number > least_ : number >= least_;
  const bool high = most_open_ ? number < most_ : number <= most_;
  return low && high;
}

std::string Range::text() const {
  const std::string least = text::shortest(least_);
  if (!std::isfinite(most_)) return (least_open_ ? "above " : "at least ") + least;
  return (least_open_ ? "above " : "from ") + least + (most_open_ ? " to below " : " to ") + text::shortest(most_);
}

}  // namespace engram::recipe

// What a number may be, and how error texts say it.
#pragma once

#include <limits>
#include <string>

namespace engram::recipe {

class Range {
 public:
  static Range at_least(double least);
  static Range above(double bound);
  static Range between(double least, double most);         // both ends allowed
  static Range from_to_below(double least, double bound);  // least allowed, bound not
  static Range above_to(double bound, double most);        // bound not allowed, most is
  static Range above_to_below(double low, double high);    // neither end allowed

  bool holds(double number) const;
  std::string text() const;  // "at least 1", "above 0", "from 0 to 1"

 private:
  double least_ = -std::numeric_limits<double>::infinity();
  double most_ = std::numeric_limits<double>::infinity();
  bool least_open_ = false;
  bool most_open_ = false;
};

}  // namespace engram::recipe

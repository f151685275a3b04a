// A resolution for people: what `engram plan` prints of the strategies.
#pragma once

#include <string>

#include "strategy/resolution.hpp"

namespace engram::strategy {

// "trainable 76,806 of 22,792,710 (0.34 %)".
std::string summary(const Resolution& resolution);

// A table of owners, one line for each group of parameters that are treated alike (neighbouring blocks are joined:
// "encoder.layer.0-5.*"), a table of what else is claimed (describe_claims.hpp), the strategies' notes, the summary.
// Lines end in '\n'; no trailing blanks.
std::string describe(const Resolution& resolution);

// "x 0.81", to six digits: a scale is a product, whose last digits are rounding's.
std::string rate_scale_text(double scale);

}  // namespace engram::strategy

// How large a drop of accuracy must be for a paired comparison on the same examples to see it.
#pragma once

#include <cstdint>

namespace engram::advisor {

// Of all answers, so many change between two states of a model even when nothing is forgotten: half of them get better,
// half worse. Fewer make small sets look better than they are.
constexpr double kChangedAnswers = 0.05;

// The smallest drop that McNemar's test finds at 95 % confidence (two-sided) with a power of 80 % on `rows` examples:
// rows = (1.960 sqrt(p) + 0.842 sqrt(p - d^2))^2 / d^2 with d the drop and p = max(d, kChangedAnswers) the share of
// answers that change (Miettinen 1968; Connor 1987). From 0 to 1; 1 when even losing everything could be chance.
double detectable_drop(int64_t rows);

// The fewest rows on which detectable_drop() is at most `drop`, which lies in (0, 1).
int64_t rows_to_detect(double drop);

}  // namespace engram::advisor

// From the tree as written to a checked Recipe. Every fault is gathered with its place and the nearest allowed name.
#pragma once

#include "base/errors.hpp"
#include "recipe/recipe.hpp"
#include "recipe/value.hpp"

namespace engram::recipe {

// Fills a Recipe from the top table. Faults go to `faults`; the result is only meaningful when none were added.
// Checks what needs no other file: keys, types, ranges, references between sections, compulsory evaluation sets.
Recipe read(const Value& top, Faults& faults);

}  // namespace engram::recipe

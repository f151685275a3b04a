// What metrics of a recipe's own read of a set that has just been scored.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace engram::recipe {

// Known before anything is scored.
struct SetShape {
  std::string name;
  bool original = false;             // role = "original"
  std::vector<std::string> classes;  // label names, in the order of class indices
  bool has_groups = false;
};

struct ScoredSet {
  SetShape shape;
  std::span<const int64_t> labels;       // (N), class indices
  std::span<const int64_t> predictions;  // (N)
  std::span<const float> probabilities;  // (N, C), row by row
  std::span<const std::string> groups;   // (N), or empty
};

}  // namespace engram::recipe

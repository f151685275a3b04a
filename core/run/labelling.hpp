// From what a command has opened to a predictor: the base, what was opened on it, and further adapters by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "predict/predictor.hpp"
#include "run/opened.hpp"

namespace engram::run {

inline constexpr const char* kBaseName = "base";  // of the base with its own head

struct NamedAdapter {
  std::string name;
  std::string path;
};

// What is in memory is the base once, and every adapter's own tensors.
struct Labelling {
  predict::Predictor predictor;
  std::optional<size_t> opened;        // the variant that is the opened path itself; none: a base without a head
  size_t adapters = 0;                 // named ones
  std::vector<predict::Input> inputs;  // by variant
  std::vector<bool> input_known;       // by variant: what made it says whether it was trained on pairs
  std::vector<bool> forced;            // by variant: on a base that it was not trained on
  std::vector<std::string> notes;      // of all of them; the same of several is said once
};

// The variants are: "base" where the base has a head, the opened adapter under Opened::name, and `adapters`. Throws
// DataError with the faults of all adapters at once: names that are taken, and what open_adapter() refuses; or that
// nothing is left that has a head.
Labelling labelling(Opened opened, const std::vector<NamedAdapter>& adapters, OtherBase other_base,
                    predict::BatchLimits limits);

}  // namespace engram::run

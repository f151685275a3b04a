// Where two runs of one recipe differ first: what verify-resume compares.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace engram::run {

// One place. `first` and `second` are what the two runs have there; "nothing" where they have nothing.
struct Difference {
  std::string file;      // inside the run folders
  int64_t line = 0;      // of a text, from 1; 0: not in a text
  std::string tensor;    // of a safetensors file; empty: not in a tensor
  int64_t element = -1;  // of it, flattened, from 0; -1: its shape, its dtype or whether it is there
  std::string first;
  std::string second;
};

struct RunComparison {
  std::vector<std::string> compared;  // files found equal, inside the run folders, in the order of comparing
  std::optional<Difference> difference;
};

// events.jsonl, metrics.csv, every file of checkpoints/best, and the newest training state. Of that state everything
// counts but what the clock decides: `seconds`, and the length of timing.jsonl.
RunComparison compare_runs(const std::filesystem::path& first, const std::filesystem::path& second);

}  // namespace engram::run

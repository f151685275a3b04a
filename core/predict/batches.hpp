// Which sequences go through the model together.
#pragma once

#include <cstdint>
#include <vector>

namespace engram::predict {

// A batch is full when one more sequence would pass either limit; a longer sequence is a batch of its own.
struct BatchLimits {
  int64_t tokens = 1024;
  int64_t rows = 0;  // sequences; 0: any number, and where it is set tokens do not count
};

// Every sequence once, those of similar length together: attention pads to the longest of a batch. `offsets` are the
// borders of the sequences, as in data::TokenizedTexts.
std::vector<std::vector<int64_t>> batches(const std::vector<int64_t>& offsets, BatchLimits limits);

}  // namespace engram::predict

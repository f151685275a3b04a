// Weights in Python's pickle format, which engram does not read.
#pragma once

#include <filesystem>
#include <string>

namespace engram::model {

// Where `folder` has STEM.bin, or shards of it, throws DataError with the reason and with the lines that convert it to
// `wanted`. Does nothing where it has none.
void refuse_pickles(const std::filesystem::path& folder, const std::string& stem, const std::string& wanted);

}  // namespace engram::model

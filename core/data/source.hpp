// The content of a text file, decoded to UTF-8, without its byte-order mark.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/line_faults.hpp"
#include "recipe/recipe.hpp"

namespace engram::data {

struct Source {
  std::string text;
  uint64_t file_bytes = 0;
};

// Faults: every line (up to those the set reads) that is no UTF-8, with the byte; UTF-16 is refused at once.
// The set's format must be resolved.
Source read_source(const recipe::DataSet& set, const std::filesystem::path& file, LineFaults& faults);

}  // namespace engram::data

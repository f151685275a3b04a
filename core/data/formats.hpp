// What a data set's settings come to once format and defaults are resolved.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/records.hpp"
#include "recipe/recipe.hpp"

namespace engram::data {

// The set's format, from the file's extension where the recipe leaves it open. Throws DataError for unknown extensions.
recipe::DataFormat format_of(const recipe::DataSet& set, const std::filesystem::path& file);

// Delimiter and quote of a CSV or TSV set; format must be resolved.
Separators separators_of(const recipe::DataSet& set);

// Records to read, header included; format must be resolved.
int64_t record_limit(const recipe::DataSet& set);

// The values of the first record (format must be resolved): the names of the columns, if there is a header.
std::vector<std::string> csv_header(const recipe::DataSet& set, std::string_view bytes, const std::string& file);

}  // namespace engram::data

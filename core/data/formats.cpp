#include "data/formats.hpp"

#include <algorithm>
#include <limits>

#include "base/errors.hpp"

namespace engram::data {

using recipe::DataFormat;

DataFormat format_of(const recipe::DataSet& set, const std::filesystem::path& file) {
  if (set.format != DataFormat::by_extension) return set.format;
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (extension == ".csv") return DataFormat::csv;
  if (extension == ".tsv") return DataFormat::tsv;
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") return DataFormat::json_lines;
  if (extension == ".parquet") return DataFormat::parquet;
  throw DataError({.what = "the format cannot be told from the name",
                   .where = file.string(),
                   .allowed = "the endings .csv, .tsv, .jsonl, .ndjson, .json and .parquet",
                   .fix = "name the format of data set '" + set.name + "' in the recipe"});
}

Separators separators_of(const recipe::DataSet& set) {
  const bool tabs = set.format == DataFormat::tsv;
  Separators separators;
  separators.delimiter = set.delimiter.value_or(tabs ? '\t' : ',');
  if (!set.quoting.value_or(!tabs)) separators.quote.reset();
  return separators;
}

int64_t record_limit(const recipe::DataSet& set) {
  if (!set.rows) return std::numeric_limits<int64_t>::max();
  const bool separated = set.format == DataFormat::csv || set.format == DataFormat::tsv;
  return *set.rows + (separated && set.header ? 1 : 0);
}

}  // namespace engram::data

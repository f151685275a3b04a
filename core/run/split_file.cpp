#include "run/split_file.hpp"

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/seeds.hpp"
#include "data/formats.hpp"
#include "data/records.hpp"

namespace engram::run {
namespace {

constexpr uint64_t kParts = 5;

void append(std::string& out, std::string_view row) {
  out += row;
  if (row.empty() || row.back() != '\n') out += '\n';
}

}  // namespace

Split split_file(const recipe::DataSet& set, const std::filesystem::path& file) {
  if (set.format == recipe::DataFormat::parquet) {
    throw DataError(Fault{"a Parquet file is not split", file.string(), "CSV, TSV, JSON Lines or label lines",
                          "give a file of its own for evaluation: --new-test or --original-test"});
  }
  const std::string bytes = read_file(file);
  const bool lines = set.format != recipe::DataFormat::csv && set.format != recipe::DataFormat::tsv;
  const data::Records records = lines ? data::scan_lines(bytes) : data::scan_records(bytes, data::separators_of(set));
  Split parts;
  size_t at = 0;
  if (!lines && set.header && !records.list.empty()) {
    const data::Record& header = records.list[at++];
    append(parts.train, std::string_view(bytes).substr(header.begin, header.end - header.begin));
    parts.evaluate = parts.train;
  }
  for (; at < records.list.size(); ++at) {
    const data::Record& record = records.list[at];
    const bool scored = derive_seed(0, data::content(bytes, record)) % kParts == 0;
    append(scored ? parts.evaluate : parts.train,
           std::string_view(bytes).substr(record.begin, record.end - record.begin));
    ++(scored ? parts.evaluate_rows : parts.train_rows);
  }
  if (parts.train_rows == 0 || parts.evaluate_rows == 0) {
    throw DataError(Fault{"has too few rows to be split into training and evaluation", file.string(), "",
                          "give a file of its own for evaluation: --new-test or --original-test"});
  }
  return parts;
}

}  // namespace engram::run

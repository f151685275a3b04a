#include "run/split_file.hpp"

#include <string>

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

// The parts of an earlier split of the same file are the same bytes; anything else there is somebody's own.
void refuse_to_overwrite(const std::filesystem::path& part, const std::string& bytes) {
  if (!std::filesystem::exists(part) || read_file(part) == bytes) return;
  throw DataError(Fault{"exists already, and a part of the split would be written there", part.string(), "",
                        "move it away, choose another folder with --out, or name the test files: --new-test, "
                        "--original-test"});
}

}  // namespace

SplitFiles split_file(const recipe::DataSet& set, const std::filesystem::path& file,
                      const std::filesystem::path& folder) {
  if (set.format == recipe::DataFormat::parquet) {
    throw DataError(Fault{"a Parquet file is not split", file.string(), "CSV, TSV, JSON Lines or label lines",
                          "give a file of its own for evaluation: --new-test or --original-test"});
  }
  const std::string bytes = read_file(file);
  const bool lines = set.format != recipe::DataFormat::csv && set.format != recipe::DataFormat::tsv;
  const data::Records records = lines ? data::scan_lines(bytes) : data::scan_records(bytes, data::separators_of(set));
  SplitFiles parts;
  std::string train;
  std::string evaluate;
  size_t at = 0;
  if (!lines && set.header && !records.list.empty()) {
    const data::Record& header = records.list[at++];
    append(train, std::string_view(bytes).substr(header.begin, header.end - header.begin));
    evaluate = train;
  }
  for (; at < records.list.size(); ++at) {
    const data::Record& record = records.list[at];
    const bool scored = derive_seed(0, data::content(bytes, record)) % kParts == 0;
    append(scored ? evaluate : train, std::string_view(bytes).substr(record.begin, record.end - record.begin));
    ++(scored ? parts.evaluate_rows : parts.train_rows);
  }
  if (parts.train_rows == 0 || parts.evaluate_rows == 0) {
    throw DataError(Fault{"has too few rows to be split into training and evaluation", file.string(), "",
                          "give a file of its own for evaluation: --new-test or --original-test"});
  }
  const std::string ending = file.extension().string();
  parts.train = folder / (file.stem().string() + "_train" + ending);
  parts.evaluate = folder / (file.stem().string() + "_evaluate" + ending);
  refuse_to_overwrite(parts.train, train);
  refuse_to_overwrite(parts.evaluate, evaluate);
  write_file_atomically(parts.train, train);
  write_file_atomically(parts.evaluate, evaluate);
  return parts;
}

}  // namespace engram::run

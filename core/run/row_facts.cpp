#include "run/row_facts.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "data/examples.hpp"

namespace engram::run {
namespace {

constexpr uint64_t kReadWhole = 16'000'000;  // bytes

// What lies between white space. Tokenizers make at least one token of each.
int64_t words_in(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
  }
  return words;
}

template <class Work>
void gather(Faults& faults, const Work& work) {
  try {
    work();
  } catch (const DataError& error) {
    faults.add(error.faults());
  }
}

}  // namespace

ReadRows read_rows(const recipe::DataSet& set, const std::filesystem::path& file, Faults& faults) {
  ReadRows read;
  gather(faults, [&] {
    recipe::DataSet limited = set;
    if (std::filesystem::file_size(file) > kReadWhole) {
      const int64_t first = data::rows_within(set, file, kReadWhole);
      read.whole = set.rows && *set.rows <= first;
      if (!read.whole) limited.rows = first;
    }
    read.table = data::read_table(limited, file);
  });
  return read;
}

void check_labels(const recipe::DataSet& set, const ReadRows& rows, const std::vector<std::string>& labels,
                  Faults& faults) {
  gather(faults, [&] { data::label_indices(set, rows.table, labels); });
}

RowFacts row_facts(const ReadRows& read, int64_t max_length) {
  const std::vector<data::Row>& rows = read.table.rows;
  // Every model marks a text's start and end.
  constexpr int64_t kMarks = 2;
  RowFacts facts{.rows = static_cast<int64_t>(rows.size()), .whole = read.whole};
  std::vector<int64_t> lengths;
  for (const data::Row& row : rows) {
    facts.hashes.push_back(data::row_hash(row));
    facts.lines.push_back(row.line);
    if (row.label) ++facts.labels[*row.label];
    lengths.push_back(words_in(row.text) + (row.pair ? words_in(*row.pair) : 0) + kMarks);
  }
  if (rows.empty()) return facts;
  facts.too_long = std::count_if(lengths.begin(), lengths.end(), [&](int64_t length) { return length > max_length; });
  const auto most = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() * 19 / 20);
  std::nth_element(lengths.begin(), most, lengths.end());
  facts.words = *most;
  return facts;
}

}  // namespace engram::run

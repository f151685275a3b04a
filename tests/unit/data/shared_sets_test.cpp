// Every classification set of the shared data folder loads as its README says.
#include <string_view>

#include "data/examples.hpp"
#include "data_support.hpp"

namespace engram::data {
namespace {

using testing::label_counts;
using testing::shared_data;
using Counts = std::map<std::string, int64_t>;

recipe::DataSet ag_news() {
  recipe::DataSet set{.name = "ag_news", .text = {2, 3}, .label = 1, .header = false};
  set.label_names = {{"1", "World"}, {"2", "Sports"}, {"3", "Business"}, {"4", "Sci/Tech"}};
  return set;
}

recipe::DataSet sst2() { return {.name = "sst2", .text = {std::string("sentence")}, .label = std::string("label")}; }

recipe::DataSet trec6() {
  recipe::DataSet set{.name = "trec6", .format = recipe::DataFormat::label_lines};
  set.encoding = recipe::TextEncoding::iso_8859_1;
  set.label_until = ':';
  return set;
}

recipe::DataSet banking77() {
  return {.name = "banking77", .text = {std::string("text")}, .label = std::string("category")};
}

recipe::DataSet rte() {
  return {.name = "rte",
          .text = {std::string("sentence_1")},
          .pair = {std::string("sentence_2")},
          .label = std::string("label")};
}

void check_counts(const recipe::DataSet& set, const std::filesystem::path& file, int64_t rows) {
  const RowCount counted = count_rows(set, file);
  CHECK(counted.rows == rows);
  CHECK(counted.exact);
}

}  // namespace

TEST_CASE("ag_news loads by position without a header, its two text columns joined by one space", "[data]") {
  const auto train = shared_data("ag_news/train.csv");
  const auto test = shared_data("ag_news/test.csv");
  if (!train || !test) return;
  const Table table = read_table(ag_news(), *train);
  CHECK(label_counts(table) == Counts{{"World", 2000}, {"Sports", 2000}, {"Business", 2000}, {"Sci/Tech", 2000}});
  CHECK(table.rows[0].text.starts_with("Hamas Member Escapes Damascus Bomb Attack, 3 Hurt  DAMASCUS (Reuters)"));
  CHECK(table.rows[0].label == "World");
  CHECK(table.file_bytes == 1942546);
  CHECK(label_counts(read_table(ag_news(), *test)) ==
        Counts{{"World", 500}, {"Sports", 500}, {"Business", 500}, {"Sci/Tech", 500}});
  check_counts(ag_news(), *train, 8000);
  check_counts(ag_news(), *test, 2000);
}

TEST_CASE("sst2 loads as TSV with a header", "[data]") {
  const auto train = shared_data("sst2/train.tsv");
  const auto dev = shared_data("sst2/dev.tsv");
  const auto test = shared_data("sst2/test.tsv");
  if (!train || !dev || !test) return;
  const Table table = read_table(sst2(), *train);
  CHECK(label_counts(table) == Counts{{"0", 26786}, {"1", 33828}});
  CHECK(table.rows[0].text == "when are bears bears and ");
  CHECK(table.rows[0].line == 2);
  CHECK(table.rows.back().line == 60615);
  CHECK(label_counts(read_table(sst2(), *dev)) == Counts{{"0", 2994}, {"1", 3741}});
  CHECK(label_counts(read_table(sst2(), *test)) == Counts{{"0", 428}, {"1", 444}});
  check_counts(sst2(), *train, 60614);
}

TEST_CASE("trec6 loads as label lines in ISO-8859-1 with coarse labels", "[data]") {
  const auto train = shared_data("trec6/TREC.train");
  const auto test = shared_data("trec6/TREC.test");
  if (!train || !test) return;
  const Table table = read_table(trec6(), *train);
  CHECK(label_counts(table) ==
        Counts{{"ABBR", 86}, {"DESC", 1162}, {"ENTY", 1250}, {"HUM", 1223}, {"LOC", 835}, {"NUM", 896}});
  CHECK(table.rows[0].text == "How did serfdom develop in and then leave Russia ?");
  CHECK(label_counts(read_table(trec6(), *test)) ==
        Counts{{"ABBR", 9}, {"DESC", 138}, {"ENTY", 94}, {"HUM", 65}, {"LOC", 81}, {"NUM", 113}});
  check_counts(trec6(), *train, 5452);
  check_counts(trec6(), *test, 500);

  recipe::DataSet fine = trec6();
  fine.label_until.reset();
  CHECK(label_names(read_table(fine, *train)).size() == 50);
  CHECK(label_names(read_table(fine, *test)).size() == 42);
}

TEST_CASE("trec6 read as UTF-8 is refused at its one bad byte", "[data]") {
  const auto train = shared_data("trec6/TREC.train");
  if (!train) return;
  // The byte is at offset 3,695; the lines before it are counted here, not taken from the reader.
  const std::string bytes = read_file(*train);
  const auto line = 1 + std::count(bytes.begin(), bytes.begin() + 3695, '\n');
  const size_t column = 3695 - bytes.rfind('\n', 3695);
  recipe::DataSet set = trec6();
  set.encoding = recipe::TextEncoding::utf8;
  try {
    read_table(set, *train);
    FAIL("read");
  } catch (const DataError& error) {
    CHECK(std::string(error.what()) == train->string() + ":" + std::to_string(line) + ", byte " +
                                           std::to_string(column) +
                                           ": 0xF0 (byte 3,696 of the file) is not UTF-8. Fix: if the file is "
                                           "ISO-8859-1, say so with the data set's encoding");
  }
}

TEST_CASE("banking77 loads with its line breaks inside quoted values", "[data]") {
  const auto train = shared_data("banking77/train.csv");
  const auto test = shared_data("banking77/test.csv");
  if (!train || !test) return;
  const Table table = read_table(banking77(), *train);
  CHECK(table.rows.size() == 10003);
  CHECK(label_names(table).size() == 77);
  const Table tests = read_table(banking77(), *test);
  CHECK(tests.rows.size() == 3080);
  for (const auto& [label, count] : label_counts(tests)) CHECK(count == 40);
  int64_t with_breaks = 0;
  for (const Row& row : table.rows) with_breaks += row.text.find('\n') != std::string::npos ? 1 : 0;
  CHECK(with_breaks == 10);
  CHECK(table.rows.back().line == 10017);  // the README's count of line ends; 13 rows before it spread over several
  check_counts(banking77(), *train, 10003);
  check_counts(banking77(), *test, 3080);
}

TEST_CASE("rte loads as sentence pairs", "[data]") {
  const auto train = shared_data("rte/train.jsonl");
  const auto dev = shared_data("rte/dev.jsonl");
  if (!train || !dev) return;
  const Table table = read_table(rte(), *train);
  CHECK(label_counts(table) == Counts{{"entailment", 1249}, {"not_entailment", 1241}});
  for (const Row& row : table.rows) REQUIRE(row.pair.has_value());
  CHECK(label_counts(read_table(rte(), *dev)) == Counts{{"entailment", 146}, {"not_entailment", 131}});
  check_counts(rte(), *train, 2490);
}

TEST_CASE("rte's test split loads without labels, and is refused once when labels are asked for", "[data]") {
  const auto test = shared_data("rte/test.jsonl");
  if (!test) return;
  recipe::DataSet set = rte();
  set.label.reset();
  CHECK(label_counts(read_table(set, *test)) == Counts{{"(none)", 3000}});
  try {
    read_table(rte(), *test);
    FAIL("read");
  } catch (const DataError& error) {
    CHECK(std::string(error.what()) ==
          test->string() +
              ": has no column 'label' (allowed: the columns are 'sentence_1', 'sentence_2'). Fix: name "
              "the column that is meant: --text COLUMN (or --pair, --label), in a recipe text, pair or label");
  }
}

}  // namespace engram::data

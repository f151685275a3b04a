#include "data/sniff.hpp"

#include "data/raw_table.hpp"
#include "data_support.hpp"

namespace engram::data {
namespace {

using testing::Folder;
using testing::shared_data;
using Names = std::vector<std::string>;

Names shown_all(const std::vector<recipe::Column>& columns) {
  Names names;
  for (const recipe::Column& column : columns) names.push_back(shown(column));
  return names;
}

std::string label_of(const Guess& found) { return found.set.label ? shown(*found.set.label) : "none"; }

}  // namespace

TEST_CASE("ag_news is understood without its README", "[data]") {
  const auto file = shared_data("ag_news/train.csv");
  if (!file) return;
  const Guess found = guess(*file);
  CHECK(found.set.format == recipe::DataFormat::csv);
  CHECK_FALSE(found.set.header);
  CHECK(shown_all(found.set.text) == Names{"column 2", "column 3"});
  CHECK(label_of(found) == "column 1");
  CHECK(found.columns == Names{"column 1", "column 2", "column 3"});
  CHECK(found.labels == Names{"1", "2", "3", "4"});
  CHECK(found.first_rows.size() == 5);
  CHECK(found.notes == Names{"Several columns hold text; they are joined by one space."});
}

TEST_CASE("sst2 is understood without its README", "[data]") {
  const auto file = shared_data("sst2/test.tsv");
  if (!file) return;
  const Guess found = guess(*file);
  CHECK(found.set.format == recipe::DataFormat::tsv);
  CHECK(found.set.header);
  CHECK(shown_all(found.set.text) == Names{"column 'sentence'"});
  CHECK(label_of(found) == "column 'label'");
  CHECK(found.labels == Names{"0", "1"});
  CHECK(found.notes.empty());
}

TEST_CASE("trec6 is understood without its README", "[data]") {
  const auto file = shared_data("trec6/TREC.train");
  if (!file) return;
  const Guess found = guess(*file);
  CHECK(found.set.format == recipe::DataFormat::label_lines);
  CHECK(found.set.encoding == recipe::TextEncoding::iso_8859_1);
  CHECK(found.set.label_until == ':');
  CHECK(found.labels == Names{"ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"});
  CHECK(found.notes.size() == 2);
}

TEST_CASE("banking77 is understood without its README", "[data]") {
  const auto file = shared_data("banking77/train.csv");
  if (!file) return;
  const Guess found = guess(*file);
  CHECK(found.set.header);
  CHECK(shown_all(found.set.text) == Names{"column 'text'"});
  CHECK(label_of(found) == "column 'category'");
  CHECK(found.labels.size() == 77);
}

TEST_CASE("rte is understood as pairs, its test split as unlabelled", "[data]") {
  const auto train = shared_data("rte/train.jsonl");
  const auto test = shared_data("rte/test.jsonl");
  if (!train || !test) return;
  const Guess found = guess(*train);
  CHECK(found.set.format == recipe::DataFormat::json_lines);
  CHECK(shown_all(found.set.text) == Names{"column 'sentence_1'"});
  CHECK(shown_all(found.set.pair) == Names{"column 'sentence_2'"});
  CHECK(label_of(found) == "column 'label'");
  CHECK(found.labels == Names{"entailment", "not_entailment"});
  const Guess unlabelled = guess(*test);
  CHECK(label_of(unlabelled) == "none");
  CHECK(shown_all(unlabelled.set.pair) == Names{"column 'sentence_2'"});
  CHECK(unlabelled.notes == Names{"No column looks like a label."});
}

TEST_CASE("running text is refused", "[data]") {
  for (const char* name : {"tinyshakespeare/input.txt", "wikitext2/test.txt"}) {
    const auto file = shared_data(name);
    if (!file) return;
    try {
      guess(*file);
      FAIL(name);
    } catch (const DataError& error) {
      CHECK(std::string(error.what()) ==
            file->string() +
                ": does not look like rows of text with labels (allowed: CSV, TSV, JSON Lines, "
                "Parquet, or lines of a label, a space and text)");
    }
  }
}

TEST_CASE("another delimiter is noticed, and faults become a note", "[data]") {
  const Folder folder;
  const auto file = folder.file("a.csv", "text;label\na, b c;x\nd, e f;y\ng, h i;x\n  ;y\n");
  const Guess found = guess(file);
  CHECK(found.set.delimiter == ';');
  CHECK(found.columns == Names{"text", "label"});
  CHECK(found.first_rows.empty());
  CHECK(found.notes == Names{"Values are set apart by ';'.", "The file has faults, the first: " + file.string() +
                                                                 ":5, column 'text': the text is empty"});
}

TEST_CASE("Parquet columns are understood by name and value", "[data]") {
  const Guess found = guess(ENGRAM_SOURCE_DIR "/tests/golden/data_rows.parquet");
  CHECK(shown_all(found.set.text) == Names{"column 'sentence'"});
  CHECK(found.columns == Names{"sentence", "large", "number", "flag", "score", "word", "gap"});
}

}  // namespace engram::data

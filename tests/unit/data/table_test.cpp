#include "data/table.hpp"

#include <cmath>

#include "data_support.hpp"

namespace engram::data {
namespace {

using testing::Folder;
using testing::text_and_label;

Table read(const std::string& name, const std::string& bytes, const recipe::DataSet& set = text_and_label()) {
  const Folder folder;
  return read_table(set, folder.file(name, bytes));
}

// "text|pair|label|line" of every row, on lines of their own.
std::string plain(const Table& table) {
  std::string text;
  for (const Row& row : table.rows) {
    text +=
        row.text + "|" + row.pair.value_or("-") + "|" + row.label.value_or("-") + "|" + std::to_string(row.line) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("labels stay the text they are, whatever they look like", "[data]") {
  CHECK(plain(read("a.csv", "text,label\n1,01\n2.50,true\nnull,NA\n2020-01-01,1e3\n")) ==
        "1|-|01|2\n2.50|-|true|3\nnull|-|NA|4\n2020-01-01|-|1e3|5\n");
  CHECK(plain(read("a.jsonl",
                   "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":true}\n"
                   "{\"text\":\"c\",\"label\":\"2020-01-01\"}\n{\"text\":\"d\",\"label\":0.5}\n")) ==
        "a|-|1|1\nb|-|true|2\nc|-|2020-01-01|3\nd|-|0.5|4\n");
}

TEST_CASE("texts keep their white space and labels lose theirs", "[data]") {
  CHECK(plain(read("a.csv", "text,label\n  a  , x \n")) == "  a  |-|x|2\n");
}

TEST_CASE("quoted values hold delimiters, doubled quotes and line breaks", "[data]") {
  CHECK(plain(read("a.csv", "text,label\r\n\"a, \"\"b\"\"\r\nc\",x\r\n5\" disk,y\r\n\"\"\"q\"\"\",z")) ==
        "a, \"b\"\r\nc|-|x|2\n5\" disk|-|y|4\n\"q\"|-|z|5\n");
}

TEST_CASE("without quoting a quote is an ordinary character", "[data]") {
  CHECK(plain(read("a.tsv", "text\tlabel\n\"open\tx\n")) == "\"open|-|x|2\n");
  recipe::DataSet set = text_and_label();
  set.quoting = true;
  CHECK(plain(read("a.tsv", "text\tlabel\n\"a\tb\"\tx\n", set)) == "a\tb|-|x|2\n");
}

TEST_CASE("any delimiter can be chosen", "[data]") {
  recipe::DataSet set = text_and_label();
  set.delimiter = ';';
  CHECK(plain(read("a.csv", "text;label\na, b;x\n", set)) == "a, b|-|x|2\n");
}

TEST_CASE("a byte-order mark is no part of the first column's name", "[data]") {
  CHECK(plain(read("a.csv", "\xEF\xBB\xBFtext,label\na,x\n")) == "a|-|x|2\n");
  CHECK(plain(read("a.jsonl", "\xEF\xBB\xBF{\"text\":\"a\",\"label\":\"x\"}\n")) == "a|-|x|1\n");
}

TEST_CASE("a byte-order mark anywhere else is a part of its value", "[data]") {
  CHECK(plain(read("a.csv",
                   "text,label\n\xEF\xBB\xBF"
                   "a,x\n")) ==
        "\xEF\xBB\xBF"
        "a|-|x|2\n");
  recipe::DataSet set = text_and_label();
  set.header = false;
  set.text = {1};
  set.label = 1;
  CHECK(plain(read("a.csv", "\n\n\xEF\xBB\xBF\nb\n", set)) == "\xEF\xBB\xBF|-|\xEF\xBB\xBF|3\nb|-|b|4\n");
}

TEST_CASE("ISO-8859-1 is decoded when asked for, and a UTF-8 mark overrules it", "[data]") {
  recipe::DataSet set = text_and_label();
  set.encoding = recipe::TextEncoding::iso_8859_1;
  CHECK(plain(read("a.csv", "text,label\ncaf\xE9 \xFF,x\n", set)) == "caf\xC3\xA9 \xC3\xBF|-|x|2\n");
  CHECK(plain(read("a.csv", "\xEF\xBB\xBFtext,label\ncaf\xC3\xA9,x\n", set)) == "caf\xC3\xA9|-|x|2\n");
}

TEST_CASE("columns come by name or position, several joined, in any order, one twice", "[data]") {
  recipe::DataSet set;
  set.text = {std::string("c"), std::string("a")};
  set.pair = {2, std::string("a")};
  set.label = 1;
  CHECK(plain(read("x.csv", "a,b,c\n1,2,3\n", set)) == "3 1|2 1|1|2\n");
}

TEST_CASE("rows without labels are fine where the set names no label column", "[data]") {
  recipe::DataSet set = text_and_label();
  set.label.reset();
  CHECK(plain(read("a.csv", "text,label\na,\n", set)) == "a|-|-|2\n");
}

TEST_CASE("labels are cut, then named", "[data]") {
  recipe::DataSet set{.name = "questions", .format = recipe::DataFormat::label_lines};
  set.label_until = ':';
  set.label_names = {{"NUM", "number"}, {"HUM", "person"}};
  CHECK(plain(read("a.txt", "NUM:count How many ?\r\n\r\nHUM Who ?", set)) ==
        "How many ?|-|number|1\nWho ?|-|person|3\n");
}

TEST_CASE("only the first rows are read when the set says so, faults after them included", "[data]") {
  recipe::DataSet set = text_and_label();
  set.rows = 2;
  CHECK(plain(read("a.csv", "text,label\na,x\n\"b\nb\",y\n\xFF,\n", set)) == "a|-|x|2\nb\nb|-|y|3\n");
  CHECK(plain(read("a.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":2}\nbroken", set)) ==
        "a|-|1|1\nb|-|2|2\n");
}

TEST_CASE("a value far longer than Arrow's block is read whole", "[data]") {
  const std::string longest(5'000'000, 'x');
  const Table table = read("a.csv", "text,label\nshort,x\n\"" + longest + "\",y\nlast,z\n");
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[1].text == longest);
  CHECK(table.rows[2].label == "z");
}

TEST_CASE("many quoted line breaks over several blocks keep rows and lines in step", "[data]") {
  std::string bytes = "text,label\n";
  for (int i = 0; i < 60000; ++i)
    bytes += "\"first line " + std::to_string(i) + "\nsecond, \"\"line\"\"\"," + std::to_string(i) + "\n";
  const Table table = read("a.csv", bytes);
  REQUIRE(table.rows.size() == 60000);
  for (size_t i = 0; i < table.rows.size(); i += 997) {
    CHECK(table.rows[i].label == std::to_string(i));
    CHECK(table.rows[i].line == static_cast<int64_t>(2 + 2 * i));
  }
}

TEST_CASE("Parquet values of every simple type become their text, and places are rows", "[data]") {
  const std::filesystem::path file = ENGRAM_SOURCE_DIR "/tests/golden/data_rows.parquet";
  recipe::DataSet set;
  set.text = {std::string("sentence"), std::string("large")};
  set.label = std::string("number");
  CHECK(plain(read_table(set, file)) == "a first row x|-|1|1\nein zweiter f\xC3\xBCr uns y|-|0|2\nthe third z|-|1|3\n");
  set.pair = {std::string("flag"), std::string("score")};
  set.label = std::string("word");
  set.rows = 2;
  CHECK(plain(read_table(set, file)) == "a first row x|true 0.5|red|1\nein zweiter f\xC3\xBCr uns y|false 2|blue|2\n");
  CHECK(count_rows(set, file).rows == 2);
  set.rows.reset();
  CHECK(count_rows(set, file).rows == 3);
}

TEST_CASE("Parquet nulls, missing columns and nested values are refused", "[data]") {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& label) {
    const auto file = folder.file("rows.parquet", read_file(ENGRAM_SOURCE_DIR "/tests/golden/data_rows.parquet"));
    recipe::DataSet set{.name = "rows", .text = {text}, .label = label};
    return testing::refusal(folder, [&] { read_table(set, file); });
  };
  CHECK(refused("gap", "number") == "rows.parquet, row 2, column 'gap': there is no value");
  CHECK(refused("sentence", "gap") == "rows.parquet, row 2, column 'gap': the label is missing");
  CHECK(refused("list", "number") ==
        "rows.parquet: column 'list' holds values of type list<element: int64> (allowed: strings, integers, numbers "
        "and booleans)");
  CHECK(refused("sentences", "number") ==
        "rows.parquet: has no column 'sentences'; did you mean 'sentence'? (allowed: the columns are 'sentence', "
        "'large', "
        "'number', 'flag', 'score', 'word', 'gap', 'list'). Fix: name the column that is meant: --text COLUMN (or "
        "--pair, --label), in a recipe text, pair or label");
}

TEST_CASE("rows are counted as they are read", "[data]") {
  const Folder folder;
  recipe::DataSet set = text_and_label();
  CHECK(count_rows(set, folder.file("a.csv", "text,label\n\"a\nb\",x\n\nc,y")).rows == 2);
  CHECK(count_rows(set, folder.file("a.jsonl", "{}\n\n{}\n")).rows == 2);
  set.rows = 1;
  CHECK(count_rows(set, folder.file("b.csv", "text,label\na,x\nb,y\n")).rows == 1);
  set.header = false;
  set.rows.reset();
  CHECK(count_rows(set, folder.file("c.csv", "a,x\nb,y\n")).rows == 2);
}

TEST_CASE("rows of a file above 64 MB are extrapolated and marked so", "[data]") {
  const Folder folder;
  const std::string row = "\"a text of some words, and a comma\",label\n";
  std::string bytes = "text,label\n";
  while (bytes.size() < 65'000'000) bytes += row;
  const RowCount count = count_rows(text_and_label(), folder.file("a.csv", bytes));
  CHECK_FALSE(count.exact);
  const double rows = static_cast<double>((bytes.size() - 11) / row.size());
  CHECK(std::abs(static_cast<double>(count.rows) - rows) <
        1e-5 * rows);  // rows are of equal length; the border may cut one
}

TEST_CASE("rows within the first bytes of a file are whole, and at least one", "[data]") {
  const Folder folder;
  recipe::DataSet set = text_and_label();
  const auto file = folder.file("a.csv", "text,label\naaaa,x\nbbbb,y\ncccc,z\n");  // 11 bytes, then 7 a row
  CHECK(rows_within(set, file, 11 + 7 + 3) == 1);
  CHECK(rows_within(set, file, 11 + 14 + 3) == 2);
  CHECK(rows_within(set, file, 5) == 1);
  set.rows = rows_within(set, file, 11 + 14 + 3);
  CHECK(read_table(set, file).rows.back().text == "bbbb");
}

}  // namespace engram::data

// Rows of a stream: the same as of a whole file whatever the pieces, with the lines of the whole file in every fault.
#include "data/row_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "data/pieces.hpp"
#include "data_support.hpp"

using namespace engram;
using namespace engram::data;
using engram::data::testing::Folder;

namespace {

// "line|text|pair|extras", a row each.
std::string told(const InputRow& row) {
  std::string line = std::to_string(row.line) + "|" + row.text + "|" + row.pair.value_or("-");
  for (const auto& extra : row.extras) line += "|" + extra.value_or("-");
  return line;
}

std::vector<std::string> all(const std::string& file, const RowLayout& layout, size_t most) {
  const auto stream = open_rows(file, layout);
  std::vector<std::string> rows;
  while (true) {
    const std::vector<InputRow> piece = stream->next(most);
    if (piece.empty()) return rows;
    CHECK(piece.size() <= most);
    for (const InputRow& row : piece) rows.push_back(told(row));
  }
}

std::string faults(RowStream& stream, size_t most) {
  std::string text;
  for (bool more = true; more;) {
    try {
      more = !stream.next(most).empty();
    } catch (const DataError& error) {
      for (const Fault& fault : error.faults()) text += fault.text().substr(fault.text().rfind('/') + 1) + "\n";
      if (text.size() > 5000) more = false;
    }
  }
  return text;
}

using Rows = std::vector<std::string>;

const RowLayout kTable = {.format = RowFormat::csv, .text = {"text"}, .extras = {"id", "adapter"}};

}  // namespace

TEST_CASE("lines are rows, and lines without text are none") {
  const Folder folder;
  const auto file = folder.file("a.txt",
                                "\xEF\xBB\xBF"
                                "one\n\n  \ntwo words\r\nthree");
  for (const size_t most : {1, 2, 100}) {
    CHECK(all(file, {}, most) == Rows{"1|one|-", "4|two words|-", "5|three|-"});
  }
}

TEST_CASE("pairs stand on a line with a TAB between them") {
  const Folder folder;
  const auto file = folder.file("a.txt", "one\ttwo\n\nno tab\nthree\t\nfour\tfive\tsix\nseven\teight\n");
  const RowLayout layout{.pairs = true};
  CHECK(all(folder.file("b.txt", "one\ttwo\n"), layout, 5) == Rows{"1|one|two"});
  for (const size_t most : {1, 100}) {
    const auto stream = open_rows(file, layout);
    const std::string text = faults(*stream, most);
    for (const char* line : {"a.txt:3", "a.txt:4", "a.txt:5"}) {
      CHECK(
          text.find(std::string(line) + ": is not two texts separated by a TAB, and the model was trained on pairs") !=
          std::string::npos);
    }
    CHECK(text.find("a.txt:1:") == std::string::npos);
  }
}

TEST_CASE("separated values keep their lines when values hold line breaks, whatever the pieces") {
  const Folder folder;
  const auto file =
      folder.file("a.csv", "id,text\r\n7,\"a, \"\"quoted\"\"\ntext\"\r\n\r\n8,plain\r\n9,\"last\r\none\"");
  for (const size_t most : {1, 2, 100}) {
    CHECK(all(file, kTable, most) == Rows{"2|a, \"quoted\"\ntext|-|7|-", "5|plain|-|8|-", "6|last\r\none|-|9|-"});
  }
}

TEST_CASE("columns are positions where there is no header") {
  const Folder folder;
  const auto file = folder.file("a.csv", "x;one;1\ny;two;2\n");
  const RowLayout layout{
      .format = RowFormat::csv, .text = {2}, .pair = {1}, .extras = {"x"}, .delimiter = ';', .header = false};
  for (const size_t most : {1, 100}) CHECK(all(file, layout, most) == Rows{"1|one|x|-", "2|two|y|-"});
}

TEST_CASE("several columns make one text") {
  const Folder folder;
  const RowLayout layout{.format = RowFormat::tsv, .text = {"title", "body"}, .pair = {"other"}};
  CHECK(all(folder.file("a.tsv", "body\tother\ttitle\nb\to\tt\n"), layout, 9) == Rows{"2|t b|o"});
}

TEST_CASE("JSON Lines give each row the keys that it has") {
  const Folder folder;
  const auto file =
      folder.file("a.jsonl", "{\"text\": \"one\", \"id\": 7}\n\n{\"text\": \"two\", \"adapter\": \"\"}\n");
  const RowLayout layout{.format = RowFormat::json_lines, .text = {"text"}, .extras = {"id", "adapter"}};
  for (const size_t most : {1, 100}) CHECK(all(file, layout, most) == Rows{"1|one|-|7|-", "3|two|-|-|"});
}

TEST_CASE("Parquet comes in pieces too") {
  const std::string file = ENGRAM_SOURCE_DIR "/tests/golden/data_rows.parquet";
  const RowLayout layout{.format = RowFormat::parquet, .text = {"sentence"}, .extras = {"number", "nothing"}};
  const Rows whole = all(file, layout, 1000);
  REQUIRE(whole.size() > 2);
  CHECK(whole.front().starts_with("1|"));
  CHECK(whole.front().ends_with("|-"));
  CHECK(all(file, layout, 2) == whole);
  const auto refused = [&](const char* column) {
    try {
      return all(file, {.format = RowFormat::parquet, .text = {column}}, 5).front();
    } catch (const DataError& error) {
      return std::string(error.what());
    }
  };
  CHECK(refused("list").find("column 'list' holds values of type list") != std::string::npos);
  CHECK(refused("sentenc").find("has no column 'sentenc'; did you mean 'sentence'?") != std::string::npos);
}

TEST_CASE("faults name the line of the whole file in every piece") {
  const Folder folder;
  const auto csv = folder.file("a.csv", "text,id\n\"one\nmore\",1\ntwo\n,3\nfour,4\nfive,5,6\n");
  for (const size_t most : {1, 100}) {
    const auto stream = open_rows(csv, kTable);
    const std::string text = faults(*stream, most);
    CHECK(text.find("a.csv:4: holds 1 value where the first row has 2") != std::string::npos);
    CHECK(text.find("a.csv:7: holds 3 values where the first row has 2") != std::string::npos);
  }
  const auto empty = open_rows(folder.file("b.csv", "text,id\none,1\n ,2\n"), kTable);
  CHECK(faults(*empty, 1).find("b.csv:3, column 'text': the text is empty") != std::string::npos);
  const auto bytes = open_rows(folder.file("c.txt", "one\ntwo\nthr\xFF\n"), {});
  CHECK(faults(*bytes, 1).find("c.txt:3, byte 4: is not UTF-8") != std::string::npos);
  const auto json = open_rows(folder.file("d.jsonl", "{\"text\": 1}\n{\"txt\": 2}\n[]\n{\n{\"text\": [1]}\n"),
                              {.format = RowFormat::json_lines, .text = {"text"}});
  const std::string text = faults(*json, 2);
  CHECK(text.find("d.jsonl:2: has no key 'text'; did you mean 'txt'? (allowed: the keys are 'txt')") !=
        std::string::npos);
  CHECK(text.find("d.jsonl:3: is no JSON object but array") != std::string::npos);
  CHECK(text.find("d.jsonl:4, byte 2: is not valid JSON from here on") != std::string::npos);
  CHECK(text.find("d.jsonl:5, column 'text': holds an array") != std::string::npos);
}

TEST_CASE("what no piece can make good is told once by name") {
  const Folder folder;
  const auto missing = open_rows(folder.file("a.csv", "txt,id\none,1\n"), kTable);
  CHECK(faults(*missing, 5).find("a.csv: has no column 'text'; did you mean 'txt'?") != std::string::npos);
  const auto open_quote = open_rows(folder.file("b.csv", "text\none\n\"two\nthree\n"), kTable);
  CHECK(faults(*open_quote, 5).find("b.csv:3: a quoted value opens here and is never closed") != std::string::npos);
  const auto array =
      open_rows(folder.file("c.json", "[{\"text\": \"one\"}]\n"), {.format = RowFormat::json_lines, .text = {"text"}});
  CHECK(faults(*array, 5).find("c.json: starts with '[': it is one JSON array, not JSON Lines") != std::string::npos);
  const auto utf16 = open_rows(folder.file("d.txt", std::string("\xFF\xFEo\0", 4)), {});
  CHECK(faults(*utf16, 5).find("d.txt: is UTF-16") != std::string::npos);
  CHECK_THROWS_AS(open_rows((folder.path() / "none.txt").string(), {}), DataError);
  CHECK_THROWS_AS(open_rows("-", {.format = RowFormat::parquet}), DataError);
  CHECK_THROWS_AS(open_rows("-", {.format = RowFormat::json_lines, .text = {1}}), DataError);
}

TEST_CASE("nothing, and a header alone, are no rows") {
  const Folder folder;
  CHECK(all(folder.file("a.txt", ""), {}, 5).empty());
  CHECK(all(folder.file("a.csv", ""), kTable, 5).empty());
  CHECK(all(folder.file("b.csv", "text,id\n"), kTable, 5).empty());
}

TEST_CASE("a line without end is cut, and a row of values without end refused") {
  const Folder folder;
  const std::string huge(Pieces::kLongest + (5 << 20), 'x');
  const auto stream = open_rows(folder.file("a.txt", "one\n" + huge + "\nthree\n"), {});
  std::vector<InputRow> rows;
  for (std::vector<InputRow> piece = stream->next(1); !piece.empty(); piece = stream->next(1)) {
    rows.insert(rows.end(), piece.begin(), piece.end());
  }
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].text.size() == Pieces::kLongest);
  CHECK(rows[2].text == "three");
  CHECK(rows[2].line == 3);
  const auto values = open_rows(folder.file("b.csv", "text,id\none,1\n\"" + huge + "\",2\n"), kTable);
  CHECK(faults(*values, 5).find("b.csv:3: a quoted value opens here and is not closed within 16.8 MB") !=
        std::string::npos);
}

TEST_CASE("a row comes as soon as its line has ended, before the writer is done") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const std::string file = "/dev/fd/" + std::to_string(ends[0]);
  const auto stream = open_rows(file, {});
  CHECK(stream->live());
  REQUIRE(write(ends[1], "one\ntw", 6) == 6);
  CHECK(told(stream->next(10).at(0)) == "1|one|-");
  REQUIRE(write(ends[1], "o\n", 2) == 2);
  CHECK(told(stream->next(10).at(0)) == "2|two|-");
  close(ends[1]);
  CHECK(stream->next(10).empty());
  close(ends[0]);
}

TEST_CASE("the format is told by the ending, and lines are what is left") {
  CHECK(row_format("a/b.CSV") == RowFormat::csv);
  CHECK(row_format("b.tsv") == RowFormat::tsv);
  CHECK(row_format("b.jsonl") == RowFormat::json_lines);
  CHECK(row_format("b.json") == RowFormat::json_lines);
  CHECK(row_format("b.parquet") == RowFormat::parquet);
  CHECK(row_format("b.txt") == RowFormat::lines);
  CHECK(row_format("-") == RowFormat::lines);
}

TEST_CASE("lines without text are counted, wherever they stand and however they are read") {
  const Folder folder;
  const auto blank = [&](const std::string& bytes) {
    const auto stream = open_rows(folder.file("blank.txt", bytes).string(), {});
    while (!stream->next(2).empty()) {
    }
    return stream->blank_lines();
  };
  CHECK(blank("") == 0);
  CHECK(blank("a\nb\nc") == 0);
  CHECK(blank("\n\na\n \t\r\nb\nc\nd\n\n") == 4);
  CHECK(blank("a\n  ") == 1);
  CHECK(blank("\n\n") == 2);
}

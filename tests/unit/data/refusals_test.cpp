// Every refusal of the table readers, as the user reads it.
#include "data_support.hpp"

namespace engram::data {
namespace {

using testing::Folder;
using testing::refusal;
using testing::text_and_label;

std::string refused(const std::string& name, const std::string& bytes, const recipe::DataSet& set = text_and_label()) {
  const Folder folder;
  const std::filesystem::path file = folder.file(name, bytes);
  return refusal(folder, [&] { read_table(set, file); });
}

}  // namespace

TEST_CASE("ragged rows are refused at their physical line, even after quoted line breaks", "[data]") {
  CHECK(refused("a.csv", "text,label\r\n\"one\r\ntwo\nthree\",x\r\nonly\r\n\r\nfine,y\r\na,b,c\r\n") ==
        "a.csv:5: holds 1 value where the first row has 2. "
        "Fix: quote values that hold the delimiter, or check delimiter and quoting in the recipe\n"
        "a.csv:8: holds 3 values where the first row has 2. "
        "Fix: quote values that hold the delimiter, or check delimiter and quoting in the recipe");
}

TEST_CASE("faults of every kind come together, in the order of lines", "[data]") {
  CHECK(refused("a.csv", "text,label\nfine,x\n  ,x\ncaf\xE9,x\nb\nc,\n") ==
        "a.csv:3, column 'text': the text is empty\n"
        "a.csv:4, byte 4: 0xE9 (byte 27 of the file) is not UTF-8. "
        "Fix: if the file is ISO-8859-1, say so with the data set's encoding\n"
        "a.csv:5: holds 1 value where the first row has 2. "
        "Fix: quote values that hold the delimiter, or check delimiter and quoting in the recipe\n"
        "a.csv:6, column 'label': the label is missing");
}

TEST_CASE("the first twenty faults are shown and the others counted", "[data]") {
  std::string bytes = "text,label\n";
  for (int i = 0; i < 1030; ++i) bytes += ",x\n";
  const std::string text = refused("a.csv", bytes);
  CHECK(std::count(text.begin(), text.end(), '\n') == 20);
  CHECK(text.starts_with("a.csv:2, column 'text': the text is empty\na.csv:3, "));
  CHECK(text.ends_with("a.csv:21, column 'text': the text is empty\na.csv: 1,010 more faults after these"));
}

TEST_CASE("a missing column is refused with the nearest name and the columns that are there", "[data]") {
  CHECK(refused("a.csv", "txt,label\nfine,x\n") ==
        "a.csv: has no column 'text'; did you mean 'txt'? (allowed: the columns are 'txt', 'label'). "
        "Fix: name the column that is meant: --text COLUMN (or --pair, --label), in a recipe text, pair or label");
  CHECK(refused("a.jsonl", "{\"txt\": \"fine\", \"label\": 1}\n") ==
        "a.jsonl: has no column 'text'; did you mean 'txt'? (allowed: the columns are 'txt', 'label'). "
        "Fix: name the column that is meant: --text COLUMN (or --pair, --label), in a recipe text, pair or label");
}

TEST_CASE("a table read with the wrong delimiter is told by its only column", "[data]") {
  CHECK(refused("a.csv", "text;label\nfine;x\n").find("say that ; stands between values") != std::string::npos);
  CHECK(refused("a.csv", "text\tlabel\nfine\tx\n").find("say that TAB stands between values") != std::string::npos);
}

TEST_CASE("columns are named only where there is a header, and positions end with the columns", "[data]") {
  recipe::DataSet set = text_and_label();
  set.header = false;
  set.label = 3;
  CHECK(refused("a.csv", "fine,x\n", set) ==
        "a.csv: has no column 'text': the file is read without a header (allowed: positions 1 to 2). "
        "Fix: give the column's position, or set header = true\n"
        "a.csv: has no column 3 (allowed: 1 to 2)");
  CHECK(refused("a.jsonl", "{\"text\": \"fine\"}\n", set) ==
        "a.jsonl: is read as JSON Lines, where column 3 has no meaning. Fix: give the key's name");
}

TEST_CASE("a quote that is never closed is refused where it opens", "[data]") {
  CHECK(refused("a.csv", "text,label\nfine,x\n\"open,x\nfine,x\n") ==
        "a.csv:3: a quoted value opens here and is never closed. "
        "Fix: close it, or set quoting = false if quotes mean nothing in this file");
}

TEST_CASE("files without rows are refused", "[data]") {
  CHECK(refused("a.csv", "") == "a.csv: holds no rows");
  CHECK(refused("a.csv", "text,label\n\n") == "a.csv: holds no rows");
  CHECK(refused("a.jsonl", "\n \n") == "a.jsonl: holds no rows");
  recipe::DataSet lines;
  lines.format = recipe::DataFormat::label_lines;
  CHECK(refused("a.txt", "\n", lines) == "a.txt: holds no rows");
}

TEST_CASE("JSON that is broken, no object or of the wrong type is refused line by line", "[data]") {
  CHECK(refused("a.jsonl",
                "{\"text\": \"fine\", \"label\": \"x\"}\n{\"text\": \"b\" \"label\"}\n\n\"words\"\n"
                "{\"text\": [1], \"label\": \"x\"}\n{\"text\": null, \"label\": \"x\"}\n{\"text\": \"c\"}\n") ==
        "a.jsonl:2, byte 20: is not valid JSON from here on (allowed: one object a line)\n"
        "a.jsonl:4: is no JSON object but string (allowed: one object a line)\n"
        "a.jsonl:5, column 'text': holds an array (allowed: a string, number or boolean)\n"
        "a.jsonl:6, column 'text': there is no value\n"
        "a.jsonl:7, column 'label': the label is missing");
  CHECK(refused("a.jsonl", "{\"text\": \"fine\", \"label\": \"x\"}\n{\"text\": 1e999, \"label\": \"x\"}\n") ==
        "a.jsonl:2: holds a number that is too large to be read. Fix: put it into quotes, as a text");
  CHECK(refused("a.json", "[\n{\"text\": \"fine\"}\n]\n") ==
        "a.json: starts with '[': it is one JSON array, not JSON Lines. Fix: write one object a line");
}

TEST_CASE("JSON in another encoding is refused by its byte alone", "[data]") {
  CHECK(refused("a.jsonl", "{\"text\": \"fine\", \"label\": 1}\n{\"text\": \"caf\xE9\", \"label\": 1}\n") ==
        "a.jsonl:2, byte 14: 0xE9 (byte 43 of the file) is not UTF-8. "
        "Fix: if the file is ISO-8859-1, say so with the data set's encoding");
}

TEST_CASE("label lines without label or text are refused", "[data]") {
  recipe::DataSet lines;
  lines.format = recipe::DataFormat::label_lines;
  CHECK(refused("a.txt", "NUM How many ?\n text\nNUM\nNUM  \n", lines) ==
        "a.txt:2: starts with white space where the label should be (allowed: label, one space, text)\n"
        "a.txt:3, text: the text is empty\n"
        "a.txt:4, text: the text is empty");
}

TEST_CASE("a label without an entry in label_names is refused with those that have one", "[data]") {
  recipe::DataSet set = text_and_label();
  set.label_names = {{"pos", "positive"}, {"neg", "negative"}};
  CHECK(refused("a.csv", "text,label\na,pos\nb,nge\n", set) ==
        "a.csv:3, column 'label': label_names has no entry for 'nge'; did you mean 'neg'? (allowed: neg, pos)");
}

TEST_CASE("UTF-16 is refused in one sentence", "[data]") {
  CHECK(refused("a.csv", std::string("\xFF\xFEt\0e\0", 6)) ==
        "a.csv: is UTF-16 (allowed: UTF-8 or ISO-8859-1). Fix: save it as UTF-8");
}

TEST_CASE("a name that does not tell the format is refused", "[data]") {
  CHECK(refused("a.txt", "x") ==
        "a.txt: the format cannot be told from the name "
        "(allowed: the endings .csv, .tsv, .jsonl, .ndjson, .json and .parquet). "
        "Fix: name the format of data set 'train' in the recipe");
}

TEST_CASE("a set without a text column is refused", "[data]") {
  recipe::DataSet set = text_and_label();
  set.text.clear();
  CHECK(refused("a.csv", "text,label\na,x\n", set) ==
        "a.csv: data set 'train' names no text column. Fix: add text = \"...\" to it");
}

TEST_CASE("a file that is absent or a folder is refused by name", "[data]") {
  const Folder folder;
  CHECK(refusal(folder, [&] { read_table(text_and_label(), folder.path() / "absent.csv"); }) ==
        "absent.csv: cannot be read: No such file or directory");
  std::filesystem::create_directory(folder.path() / "folder.csv");
  CHECK(refusal(folder, [&] { read_table(text_and_label(), folder.path() / "folder.csv"); }) ==
        "folder.csv: cannot be read: it is a folder");
}

TEST_CASE("a file that is no Parquet is refused as such", "[data]") {
  CHECK(refused("a.parquet", "text,label\n").starts_with("a.parquet: cannot be read as Parquet: "));
}

}  // namespace engram::data

// Data rows as a plan reads them.
#include "run/row_facts.hpp"

#include "planned.hpp"
#include "support/catch.hpp"

using namespace engram;

namespace {

const std::string kTrain =
    "  train = { learning_rate = 2e-5, max_length = 32 },\n  score = function(m) return m.new.accuracy + "
    "m.original.accuracy end,";

data::Row row(const std::string& text, const std::string& label, int64_t line) {
  return {.text = text, .label = label, .line = line};
}

}  // namespace

TEST_CASE("labels are counted, and texts that cannot fit are") {
  run::ReadRows read;
  read.table.rows = {row("one two three", "a", 2), row("one two three four", "b", 3), row("x", "a", 5)};
  read.table.rows[2].pair = "one  two\tthree";
  const run::RowFacts facts = run::row_facts(read, 5);  // two of them mark start and end
  CHECK(facts.rows == 3);
  CHECK(facts.labels == std::map<std::string, int64_t>{{"a", 2}, {"b", 1}});
  CHECK(facts.too_long == 2);
  CHECK(facts.words == 6);
  CHECK(facts.lines == std::vector<int64_t>{2, 3, 5});
}

TEST_CASE("faults of all data files and unknown labels come at once, each with its line") {
  const tests::Planned planned;
  planned.file("train.csv", "text,label\nw5 w6,left\n,right\nw7,right\n");
  planned.file("new.csv", "text,label\nw5,lefft\nw6\nw7,right,w9\nw8,left\n");
  planned.file("original.csv", "text,label\nw5,windy\nw6,wndy\n");
  const std::string text = planned.refusal(kTrain);
  for (const char* part :
       {"train.csv:3, column 'text': the text is empty", "new.csv:3: holds 1 value where the first row has 2",
        "original.csv:3, column 'label': 'wndy' is no label of task 'wind'; did you mean 'windy'?"}) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("the text is empty") == text.rfind("the text is empty"));
}

TEST_CASE("an unknown label of a fresh task is told in the plan") {
  const tests::Planned planned;
  planned.file("new.csv", "text,label\nw5,lefft\n");
  CHECK(planned.refusal(kTrain).starts_with(
      "new.csv:2, column 'label': 'lefft' is no label of task 'side'; did you mean 'left'?"));
}

TEST_CASE("of a large file only the start is read, and the plan's facts say so") {
  const tests::Planned planned;
  std::string bytes = "text,label\n";
  const std::string words =
      "w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20 w21 w22 w23 w24 w25 w26 w27 w28";
  while (bytes.size() < 17'000'000) bytes += words + ",left\n" + words + " w29,right\n";
  planned.file("train.csv", bytes + "w5,up\n");
  run::Preparation prepared = planned.prepare(kTrain);
  const run::SetFacts& train = prepared.sets[0];
  CHECK_FALSE(train.content.whole);
  CHECK(train.content.rows < train.rows.rows);
  CHECK(train.content.rows > 100'000);
  CHECK(train.content.labels.size() == 2);
  CHECK(prepared.sets[1].content.whole);
}

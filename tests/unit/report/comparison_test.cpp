#include "report/comparison.hpp"

#include "support/catch.hpp"
#include "unit/report/report_support.hpp"

namespace engram::report {
namespace {

using namespace engram::report::tests;

TEST_CASE("two runs stand side by side, with the verdict below") {
  CHECK(comparison({careless(), summary()}, {}) == R"(
                          careless-001    lora-003
  new task: new, accuracy
    before                      22.4 %      22.4 %
    after                       84.5 %      83.0 %
    learned                      +62.1       +60.6
  original task: original, accuracy
    before                      91.3 %      91.3 %
    after                       74.0 %      88.9 %
    change                       -17.3        -2.4
    kept                        73.9 %      96.4 %
  the run
    strategies                    none        lora
    score                       0.4100      0.7910
    trainable               22,860,672     147,456
    kept step                      135         135
    steps done              225 of 225  150 of 225
    crossover                 step 112    step 112
    training time                 43 s        43 s
    ended by                 all steps   stop rule

  careless-001 learned the new task better by 1.5 points; lora-003 kept 14.9
  points more of the original task.
)");
}

TEST_CASE("the verdict names one run when it is better at both") {
  RunSummary better = summary();
  better.rows = rows(0.9, 0.91);
  CHECK(verdict({careless(), better}) ==
        "lora-003 is better at both: by 5.5 points on the new task and by 17.0 points on the original task.");
}

TEST_CASE("differences that print as zero are level") {
  RunSummary other = summary();
  other.run_folder = "runs/other-001";
  CHECK(verdict({summary(), other}) == "Level on both tasks.");
  other.rows = rows(0.83, 0.80);
  CHECK(verdict({summary(), other}) == "lora-003 kept 8.9 points more of the original task; level on the new task.");
  other.rows = rows(0.84, 0.889);
  CHECK(verdict({summary(), other}) ==
        "other-001 learned the new task better by 1.0 point; level on the original task.");
}

TEST_CASE("a run without an original task, or with other measures, gets no verdict") {
  RunSummary blind = summary();
  blind.rows.resize(3);
  CHECK(verdict({careless(), blind}) == "lora-003 scored no original task, so what it forgot is not known.");
  RunSummary other = summary();
  other.rows[0].set = "elsewhere";
  CHECK(verdict({careless(), other}) ==
        "lora-003 was scored by other measures than careless-001, so there is no verdict.");
}

TEST_CASE("runs that do not fit beside each other continue below") {
  Style narrow;
  narrow.width = 40;
  const std::string text = comparison({careless(), summary()}, narrow);
  CHECK(text.find("careless-001\n") != std::string::npos);
  CHECK(text.find("  lora-003\n") != std::string::npos);
  CHECK(text.find("new task: new, accuracy", text.find("new task: new, accuracy") + 1) != std::string::npos);
}

TEST_CASE("a set that only one run has is marked in the other") {
  RunSummary more = summary();
  more.rows.push_back(row("third", Role::original_task, "accuracy", Unit::share, 0.5, 0.5));
  const std::string text = comparison({careless(), more}, {});
  const size_t third = text.find("original task: third, accuracy");
  REQUIRE(third != std::string::npos);
  CHECK(text.find("before                           -      50.0 %", third) != std::string::npos);
}

TEST_CASE("metrics of a recipe's own stand below their set, and are green where they went the better way") {
  RunSummary with = summary();
  with.rows.push_back(row("new", Role::new_task, "group_gap", Unit::plain, 0.5, 0.25));
  with.rows.back().better = Better::smaller;
  Style colourful;
  colourful.colour = true;
  const std::string text = comparison({careless(), with}, colourful);
  const size_t line = text.find("group gap");
  REQUIRE(line != std::string::npos);
  CHECK(line < text.find("original task: original, accuracy"));
  const std::string cells = text.substr(line, text.find('\n', line) - line);
  CHECK(cells.find(colourful.paint(Colour::good, pad_left("0.250", 10))) != std::string::npos);
}

}  // namespace
}  // namespace engram::report

#include "report/grid_table.hpp"

#include "base/text.hpp"
#include "report/csv.hpp"
#include "support/catch.hpp"
#include "unit/report/report_support.hpp"

namespace engram::report {
namespace {

using namespace engram::report::tests;

std::vector<GridRow> points() {
  RunSummary weak = careless();
  weak.run_folder = "out/rank=2,rate=0.1";
  RunSummary strong = summary();
  strong.run_folder = "out/rank=4,rate=0.1";
  return {{.point = "rank=2,rate=0.1",
           .values = {{"rank", "2"}, {"rate", "0.1"}},
           .folder = "rank=2,rate=0.1",
           .exit_code = 0,
           .summary = weak},
          {.point = "rank=4,rate=0.1",
           .values = {{"rank", "4"}, {"rate", "0.1"}},
           .folder = "rank=4,rate=0.1",
           .exit_code = 0,
           .summary = strong},
          {.point = "rank=64,rate=0.1",
           .values = {{"rank", "64"}, {"rate", "0.1"}},
           .folder = "rank=64,rate=0.1",
           .exit_code = 3,
           .error = "rank is too large"},
          {.point = "rank=8,rate=0.1", .values = {{"rank", "8"}, {"rate", "0.1"}}, .folder = "rank=8,rate=0.1"}};
}

TEST_CASE("a grid's table has a line for each point, whether or not it ran") {
  const std::vector<std::string> lines = text::split(text::trim(grid_csv(points())), '\n');
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] ==
        "point,rank,rate,ending,exit_code,steps_done,score,kept_step,new.accuracy,new.loss,new.macro_f1,"
        "original.accuracy,original.accuracy drop,original.loss,original.loss drop");
  CHECK(lines[1].starts_with("\"rank=2,rate=0.1\",2,0.1,all steps,0,225,0.41,135,0.845,"));
  CHECK(lines[2].starts_with("\"rank=4,rate=0.1\",4,0.1,stop rule,0,150,0.791,135,0.83,"));
  CHECK(lines[3] == "\"rank=64,rate=0.1\",64,0.1,refused,3,,,,,,,,,,");
  CHECK(lines[4] == "\"rank=8,rate=0.1\",8,0.1,not run,,,,,,,,,,,");
}

TEST_CASE("a grid's file says of each point what became of it") {
  const Json json = grid_json(points());
  CHECK(json[0]["values"]["rank"] == "2");
  CHECK(json[1]["score"] == 0.791);
  CHECK(json[1]["ending"] == "stop rule");
  CHECK(json[2]["error"] == "rank is too large");
  CHECK(json[2]["exit_code"] == 3);
  CHECK(json[3]["exit_code"].is_null());
  CHECK(json[3]["ending"] == "not run");
}

TEST_CASE("the text over a grid names the largest score, and the points that failed or were not run") {
  const std::string text = grid_text(points(), {});
  CHECK(text.find("new task: new, accuracy") != std::string::npos);
  CHECK(text.find("  largest score: rank=4,rate=0.1, 0.7910\n") != std::string::npos);
  CHECK(text.find("  rank=64,rate=0.1 failed: rank is too large\n") != std::string::npos);
  CHECK(text.find("  rank=8,rate=0.1 has not been run\n") != std::string::npos);
}

TEST_CASE("one finished point is not compared with itself") {
  std::vector<GridRow> one = points();
  one.erase(one.begin() + 1, one.end());
  CHECK(grid_text(one, {}) == "  largest score: rank=2,rate=0.1, 0.4100\n");
}

TEST_CASE("fields with commas, quotes and line breaks are quoted") {
  CHECK(csv_line({"a", "b,c", "say \"x\"", "two\nlines"}) == "a,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\"");
}

}  // namespace
}  // namespace engram::report

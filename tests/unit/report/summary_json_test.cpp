#include "report/summary_json.hpp"

#include <limits>

#include "base/errors.hpp"
#include "report/format.hpp"
#include "support/catch.hpp"
#include "unit/report/report_support.hpp"

namespace engram::report {
namespace {

using namespace engram::report::tests;

std::string refusal(const Json& json) {
  try {
    summary_from_json(json, "runs/a/result.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST_CASE("result.json read back and written again is the same") {
  RunSummary full = summary();
  full.level_crossover = RunPoint{130, 1.7};
  full.last_rows = rows(0.84, 0.80);
  for (const RunSummary& run : {full, careless()}) {
    const Json json = to_json(run);
    CHECK(to_json(summary_from_json(json, "result.json")) == json);
  }
}

TEST_CASE("a run without a checkpoint and without a crossover survives the file") {
  RunSummary bare = summary();
  bare.chosen.reset();
  bare.marginal_crossover.reset();
  const RunSummary read = summary_from_json(to_json(bare), "result.json");
  CHECK_FALSE(read.chosen);
  CHECK_FALSE(read.marginal_crossover);
}

TEST_CASE("which change of a metric is good survives the file, and follows from the unit in older files") {
  RunSummary with = summary();
  with.rows.push_back(row("new", Role::new_task, "recall", Unit::plain, 0.5, 0.6));
  with.rows.back().better = Better::larger;
  Json json = to_json(with);
  CHECK(larger_is_better(summary_from_json(json, "result.json").rows.back()));
  for (Json& one : json["rows"]) one.erase("better");
  const RunSummary older = summary_from_json(json, "result.json");
  CHECK(larger_is_better(older.rows.front()));
  CHECK_FALSE(larger_is_better(older.rows.back()));
}

TEST_CASE("a count that is no whole number is refused by its name") {
  for (const Json& other : {Json(2.5), Json(1e300), Json(std::numeric_limits<uint64_t>::max())}) {
    Json json = to_json(summary());
    json["chosen"]["among"] = other;
    CHECK(refusal(json).find("'chosen.among' is of another type") != std::string::npos);
  }
}

TEST_CASE("every ending survives the file") {
  for (Ending ending : {Ending::all_steps, Ending::stop_rule, Ending::budget_not_met, Ending::interrupted,
                        Ending::out_of_time, Ending::failed}) {
    RunSummary run = summary();
    run.ending = ending;
    CHECK(summary_from_json(to_json(run), "result.json").ending == ending);
  }
}

TEST_CASE("a result.json that misses a field, or has one of another type, is refused with the field's path") {
  Json missing = to_json(summary());
  missing["rows"][1].erase("now");
  CHECK(refusal(missing) ==
        "runs/a/result.json: 'rows[1].now' is missing. Fix: repeat the run with this version of engram");
  Json type = to_json(summary());
  type["seconds"]["total"] = "long";
  CHECK(refusal(type) ==
        "runs/a/result.json: 'seconds.total' is of another type. Fix: repeat the run with this version of engram");
  Json word = to_json(summary());
  word["ending"] = "tired";
  CHECK(refusal(word) ==
        "runs/a/result.json: 'ending' is 'tired', a word that is not known here. Fix: repeat the run with "
        "this version of engram");
  CHECK(refusal(Json::array()).find("is not an object") != std::string::npos);
}

}  // namespace
}  // namespace engram::report

// training_state.json, and what it may not say. More of it: tests/fuzz/training_record.cpp.
#include "checkpoint/training_record.hpp"

#include <cmath>
#include <limits>

#include "base/errors.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::checkpoint;

namespace {

Json sound() {
  TrainingRecord record{.step = 4, .what = "last", .log_bytes = {{"events.jsonl", 10}}, .script = Json::object()};
  record.history.baseline["new"]["loss"] = std::numeric_limits<double>::infinity();
  record.history.evaluations.push_back({.step = 0, .epoch = 0, .metrics = {}, .score = 0.5});
  return to_json(record, {{.strategy = "ewc", .numbers = {{"a", std::nan("")}}, .texts = {{"b", "c"}}}});
}

std::string refusal(const std::function<void(Json&)>& spoil) {
  Json json = sound();
  spoil(json);
  std::vector<StrategyRecord> strategies;
  try {
    record_from_json(json, "state.json", strategies);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a training record is read back as it was written, numbers that are none included") {
  std::vector<StrategyRecord> strategies;
  const TrainingRecord record = record_from_json(parse_json(sound().dump(), "state.json"), "state.json", strategies);
  CHECK(to_json(record, strategies).dump() == sound().dump());
  CHECK(std::isinf(record.history.baseline.at("new").at("loss")));
  CHECK(std::isnan(strategies.front().numbers.at("a")));
}

TEST_CASE("a training record that could not be gone on from is refused with the field") {
  CHECK(refusal([](Json& json) { json["history"]["best"] = 1; }) ==
        "state.json: history.best is 1, and there are 1 evaluations");
  CHECK(refusal([](Json& json) { json["step"] = -1; }) == "state.json: step is -1 (allowed: a whole number from 0)");
  CHECK(refusal([](Json& json) { json["step"] = 18446744073709551615ULL; }) ==
        "state.json: step is 18446744073709551615 (allowed: a whole number from 0)");
  CHECK(refusal([](Json& json) { json["step"] = 1.5; }) == "state.json: step is 1.5 (allowed: a whole number from 0)");
  CHECK(refusal([](Json& json) { json["log_bytes"]["events.jsonl"] = -2; }) ==
        "state.json: log_bytes of events.jsonl is -2 (allowed: a whole number from 0)");
  CHECK(refusal([](Json& json) { json["rate_cut"] = 0; }) == "state.json: rate_cut is 0 (allowed: above 0, at most 1)");
  CHECK(refusal([](Json& json) {
          json["history"]["baseline"] = Json::array();
        }).starts_with("state.json: is not what engram writes: "));
  CHECK(refusal([](Json& json) {
          json["history"]["baseline"]["new"]["loss"] = "many";
        }).starts_with("state.json: is not what engram writes: type must be number"));
  CHECK(refusal([](Json& json) { json.erase("script"); }) ==
        "state.json: is not what engram writes: key 'script' not found");
  CHECK(refusal([](Json& json) { json = Json::array(); }) == "state.json: says no format");
}

#include "checkpoint/training_record.hpp"

#include <cmath>
#include <limits>

#include "base/errors.hpp"
#include "base/whole_number.hpp"

namespace engram::checkpoint {
namespace {

constexpr int kFormat = 3;

// JSON has no infinity; a strategy's number may well be one.
Json to_json(const std::map<std::string, double>& numbers) {
  Json json = Json::object();
  for (const auto& [name, number] : numbers) {
    json[name] = std::isfinite(number) ? Json(number) : Json(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
  }
  return json;
}

double number_from_json(const Json& number) {
  if (number == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (number == "inf") return std::numeric_limits<double>::infinity();
  if (number == "-inf") return -std::numeric_limits<double>::infinity();
  return number.get<double>();
}

// items() walks over anything.
const Json::object_t& object(const Json& json) { return json.get_ref<const Json::object_t&>(); }
const Json::array_t& list(const Json& json) { return json.get_ref<const Json::array_t&>(); }

std::map<std::string, double> numbers_from_json(const Json& json) {
  std::map<std::string, double> numbers;
  for (const auto& [name, number] : object(json)) numbers[name] = number_from_json(number);
  return numbers;
}

Json to_json(const recipe::Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [set, values] : metrics) json[set] = to_json(values);
  return json;
}

recipe::Metrics metrics_from_json(const Json& json) {
  recipe::Metrics metrics;
  for (const auto& [set, values] : object(json)) metrics[set] = numbers_from_json(values);
  return metrics;
}

Json to_json(const recipe::History& history) {
  Json evaluations = Json::array();
  for (const recipe::Evaluation& evaluation : history.evaluations) {
    evaluations.push_back({{"step", evaluation.step},
                           {"epoch", evaluation.epoch},
                           {"score", evaluation.score},
                           {"metrics", to_json(evaluation.metrics)}});
  }
  return {{"baseline", to_json(history.baseline)}, {"best", history.best}, {"evaluations", evaluations}};
}

// Reads one document. What it says of another type than it should is the library's exception until read() ends.
class Reader {
 public:
  Reader(const Json& json, const std::string& file) : json_(json), file_(file) {}

  TrainingRecord read(std::vector<StrategyRecord>& strategies) const {
    require_format(json_, file_);
    try {
      TrainingRecord record = fields();
      for (const Json& part : list(json_.at("strategies"))) {
        strategies.push_back({.strategy = part.at("strategy").get<std::string>(),
                              .numbers = numbers_from_json(part.at("numbers")),
                              .texts = part.at("texts").get<std::map<std::string, std::string>>()});
      }
      return record;
    } catch (const Json::exception& error) {
      const std::string_view words = error.what();  // "[json.exception.out_of_range.403] key 'x' not found"
      refuse("is not what engram writes: " + std::string(words.substr(words.find("] ") + 2)));
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& allowed = {}) const {
    throw DataError({.what = what, .where = file_, .allowed = allowed});
  }

  int64_t whole(const Json& value, const std::string& what, int64_t least) const {
    if (!is_whole_number(value) || value.get<int64_t>() < least) {
      refuse(what + " is " + value.dump(), "a whole number from " + std::to_string(least));
    }
    return value.get<int64_t>();
  }

  TrainingRecord fields() const {
    TrainingRecord record{.step = whole(json_.at("step"), "step", 0),
                          .history = history(json_.at("history")),
                          .evaluated_step = whole(json_.at("evaluated_step"), "evaluated_step", -1),
                          .accepted = json_.at("accepted").get<bool>(),
                          .rate_cut = json_.at("rate_cut").get<double>(),
                          .spikes = whole(json_.at("spikes"), "spikes", 0),
                          .seconds = json_.at("seconds").get<double>(),
                          .what = json_.at("what").get<std::string>(),
                          .log_bytes = {},
                          .stopped = {},
                          .script = json_.at("script")};
    if (!(record.rate_cut > 0 && record.rate_cut <= 1)) {
      refuse("rate_cut is " + json_.at("rate_cut").dump(), "above 0, at most 1");
    }
    for (const auto& [name, bytes] : object(json_.at("log_bytes"))) {
      record.log_bytes[name] = whole(bytes, "log_bytes of " + name, 0);
    }
    if (const auto stopped = json_.find("stopped"); stopped != json_.end()) {
      record.stopped = {.within_budget = stopped->at("within_budget").get<bool>(),
                        .reason = stopped->at("reason").get<std::string>()};
    }
    return record;
  }

  recipe::History history(const Json& json) const {
    recipe::History history{.baseline = metrics_from_json(json.at("baseline")), .evaluations = {}};
    for (const Json& entry : list(json.at("evaluations"))) {
      history.evaluations.push_back({.step = whole(entry.at("step"), "an evaluation's step", 0),
                                     .epoch = entry.at("epoch").get<double>(),
                                     .metrics = metrics_from_json(entry.at("metrics")),
                                     .score = entry.at("score").get<double>()});
    }
    const int64_t best = whole(json.at("best"), "history.best", 0);
    if (best > 0 && static_cast<uint64_t>(best) >= history.evaluations.size()) {
      refuse("history.best is " + std::to_string(best) + ", and there are " +
             std::to_string(history.evaluations.size()) + " evaluations");
    }
    history.best = static_cast<size_t>(best);
    return history;
  }

  const Json& json_;
  const std::string& file_;
};

}  // namespace

Json to_json(const TrainingRecord& record, const std::vector<StrategyRecord>& strategies) {
  Json parts = Json::array();
  for (const StrategyRecord& part : strategies) {
    parts.push_back({{"strategy", part.strategy}, {"numbers", to_json(part.numbers)}, {"texts", part.texts}});
  }
  Json json = {{"format", kFormat},
               {"step", record.step},
               {"history", to_json(record.history)},
               {"evaluated_step", record.evaluated_step},
               {"accepted", record.accepted},
               {"rate_cut", record.rate_cut},
               {"spikes", record.spikes},
               {"seconds", record.seconds},
               {"what", record.what},
               {"log_bytes", record.log_bytes},
               {"script", record.script},
               {"strategies", parts}};
  if (record.stopped) {
    json["stopped"] = {{"within_budget", record.stopped->within_budget}, {"reason", record.stopped->reason}};
  }
  return json;
}

void require_format(const Json& json, const std::string& file) {
  const Json format = json.is_object() ? json.value("format", Json()) : Json();
  if (format == kFormat) return;
  if (!format.is_number_integer()) throw DataError({.what = "says no format", .where = file});
  throw OtherFormat({.what = "the training state has format " + format.dump(),
                     .where = file,
                     .allowed = "format " + std::to_string(kFormat),
                     .fix = "go on with the version of engram that wrote it"});
}

TrainingRecord record_from_json(const Json& json, const std::string& file, std::vector<StrategyRecord>& strategies) {
  return Reader(json, file).read(strategies);
}

}  // namespace engram::checkpoint

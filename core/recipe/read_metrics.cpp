#include <algorithm>

#include "base/lua_name.hpp"
#include "recipe/names.hpp"
#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

// What every evaluation measures; drift and kl only where the original task is waived.
const std::vector<std::string> kMeasured = {"accuracy", "drift", "kl", "loss", "macro_f1"};
const Shape kMetrics{"table<string, engram.MetricFunction|engram.Metric>",
                     "a table of functions by name, such as { recall = function(e) ... end }"};
const Shape kFunction{"engram.MetricFunction",
                      "a function of the scored examples, or { function, better = \"smaller\" }"};

void check_name(const std::string& name, const Value& value, Faults& faults) {
  if (std::find(kMeasured.begin(), kMeasured.end(), name) != kMeasured.end()) {
    faults.add(fault_at(value, "this name is taken: every evaluation measures it", "another name"));
  } else if (!is_lua_name(name)) {
    faults.add(fault_at(value, "a metric's name is written as in Lua, m.new." + name, "letters, digits and _"));
  }
}

std::optional<OwnMetric> read_metric(const std::string& name, const Value& value, Reading& reading) {
  if (!reading.describes()) check_name(name, value, reading.faults);
  OwnMetric metric{.name = name};
  const Value* function = &value;
  if (value.table() != nullptr) {
    Section section(&value, value.path, reading);
    const Value* first = section.first(
        kFunction, {"The function, called with the scored examples of each evaluation set: it returns a number, or "
                    "numbers by name, which become name_key, or {} for a set that it does not fit.",
                    "recall = { function(e) if e.role ~= \"new\" then return {} end return e.counts.right.good / "
                    "math.max(1, e.counts.labels.good) end }"});
    section.choice<bool>("better", metric.smaller_is_better, {{"larger", false}, {"smaller", true}},
                         {"Whether larger or smaller values are better, for scores and stopping rules of the library.",
                          "better = \"smaller\""});
    section.finish();
    if (first != nullptr) function = first;
  }
  if (reading.describes()) return std::nullopt;
  if (function->function() == nullptr) {
    reading.faults.add(value_fault(*function, kFunction.allowed));
    return std::nullopt;
  }
  metric.function = {function->function()->index, value.place};
  return metric;
}

}  // namespace

std::vector<OwnMetric> read_metrics(Section& top) {
  std::vector<OwnMetric> result;
  const About about{
      "Metrics of your own, by name: measured on every evaluation set, beside accuracy, macro_f1 and loss.",
      "metrics = { missed = { function(e) if e.role ~= \"new\" then return {} end return e.counts.labels.good - "
      "e.counts.right.good end, better = \"smaller\" } }",
      "none"};
  for (const auto& [name, value] : top.entries("metrics", kMetrics, about)) {
    if (std::optional<OwnMetric> metric = read_metric(name, value, top.reading())) {
      result.push_back(std::move(*metric));
    }
  }
  return result;
}

}  // namespace engram::recipe

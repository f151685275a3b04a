#include "script/own_metrics.hpp"

#include <cmath>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "script/made_up.hpp"
#include "script/read_only.hpp"
#include "script/shown.hpp"

namespace engram::script {
namespace {

constexpr size_t kMostNumbers = 1000;
constexpr size_t kLongestName = 100;  // bytes
// Beside the steps of every callback: enough to sort the examples by each class's probability.
constexpr int64_t kStepsPerNumber = 200;

std::string title(const OwnMetric& metric, const std::string& set) {
  return "metric '" + metric.name + "' of '" + set + "'";
}

std::vector<std::string> names_of(const std::map<std::string, double>& numbers) {
  std::vector<std::string> names;
  for (const auto& [name, number] : numbers) names.push_back(name);
  return names;
}

std::string names_text(const std::map<std::string, double>& numbers) {
  return numbers.empty() ? "{}" : text::join(names_of(numbers), ", ");
}

}  // namespace

std::map<std::string, double> OwnMetrics::measure(const recipe::ScoredSet& set) {
  Numbers all;
  for (const OwnMetric& metric : metrics_) {
    const Numbers numbers = measure(metric, set);
    const auto tried = names_.find(set.shape.name);
    if (tried != names_.end()) check_names(metric, set, numbers, tried->second.at(metric.name));
    all.insert(numbers.begin(), numbers.end());
  }
  return all;
}

void OwnMetrics::check_names(const OwnMetric& metric, const recipe::ScoredSet& set, const Numbers& numbers,
                             const std::vector<std::string>& expected) const {
  if (names_of(numbers) == expected) return;
  metric.function.refuse(title(metric, set.shape.name) + " returned " + names_text(numbers) +
                             ", other names than on the made-up examples before the run",
                         expected.empty() ? "{}" : text::join(expected, ", "),
                         "let the names depend on e.role, e.set and e.classes alone");
}

OwnMetrics::Numbers OwnMetrics::measure(const OwnMetric& metric, const recipe::ScoredSet& set) {
  const std::string of = title(metric, set.shape.name);
  const int64_t steps = kCallbackSteps + kStepsPerNumber * static_cast<int64_t>(set.probabilities.size());
  Numbers numbers;
  const auto call = [&](lua_State* lua) {
    examples_.open(set);
    push_reference(lua, metric.function.reference);
    examples_.push(lua);
    lua_.call(lua, 1, 1, of, metric.function.place, steps);
    numbers = read(lua, metric, of);
  };
  const auto tidy = [&] {
    examples_.close();
    lua_.protect([](lua_State* lua) { take_back(lua); });
  };
  try {
    lua_.protect(call);
  } catch (...) {
    tidy();
    throw;
  }
  tidy();
  return numbers;
}

// The result on top of the stack.
OwnMetrics::Numbers OwnMetrics::read(lua_State* lua, const OwnMetric& metric, const std::string& of) const {
  constexpr const char* kAllowed = "a finite number, a table of them by name, or {} where it does not fit the set";
  constexpr const char* kDivision = "divide by math.max(1, rows): a set may hold no row of a class";
  const auto number = [&](const std::string& name) {
    const bool is_number = lua_type(lua, -1) == LUA_TNUMBER;
    const double value = is_number ? lua_tonumber(lua, -1) : 0;
    if (is_number && std::isfinite(value)) return value;
    metric.function.refuse(of + " returned " + name + shown(lua, -1), kAllowed, is_number ? kDivision : "");
  };
  if (!lua_istable(lua, -1)) return {{metric.name, number("")}};
  Numbers numbers;
  push_contents(lua, -1);
  const int table = lua_gettop(lua);
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    const std::string key(lua_type(lua, -2) == LUA_TSTRING ? text_at(lua, -2) : "");
    if (key.empty() || key.size() > kLongestName || first_invalid_utf8(key)) {
      metric.function.refuse(of + " returned a table with the key " + shown(lua, -2), kAllowed);
    }
    numbers[metric.name + "_" + key] = number(key + " = ");
    if (numbers.size() > kMostNumbers) metric.function.refuse(of + " returned more than 1,000 numbers", kAllowed);
  }
  return numbers;
}

void OwnMetrics::try_out(const OwnMetric& metric, const recipe::ScoredSet& set, recipe::Metrics& names) {
  const std::vector<std::string> found = names_of(measure(metric, set));
  std::map<std::string, double>& known = names[set.shape.name];
  for (const std::string& name : found) {
    if (!known.emplace(name, 0).second) {
      metric.function.refuse(title(metric, set.shape.name) + " gives '" + name + "', a name that is taken", "",
                             "rename the metric, or the key that it returns");
    }
  }
  names_[set.shape.name][metric.name] = found;
}

void OwnMetrics::try_out(const std::vector<recipe::SetShape>& shapes, recipe::Metrics& names, Faults& faults) {
  for (const OwnMetric& metric : metrics_) {
    for (const recipe::SetShape& shape : shapes) {
      const MadeUpExamples usual(shape, Answers::mostly_right);
      const MadeUpExamples one_sided(shape, Answers::one_class);
      gather(faults, [&] {
        try_out(metric, usual.set(), names);
        check_names(metric, one_sided.set(), measure(metric, one_sided.set()), names_[shape.name][metric.name]);
      });
    }
  }
}

}  // namespace engram::script

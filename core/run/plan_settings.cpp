#include "run/plan_settings.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/lua_name.hpp"
#include "base/text.hpp"
#include "recipe/describe.hpp"

namespace engram::run {
namespace {

constexpr const char* kTop = "recipe";

std::string key_text(const std::string& key) { return is_lua_name(key) ? key : "[\"" + key + "\"]"; }

// As a recipe writes it, with keys in order; `none` where nothing is set.
std::string lua_text(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_number_float()) return text::shortest(value.get<double>());
  if (!value.is_structured()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::vector<std::string> parts;
  for (const auto& [key, entry] : value.items()) {
    parts.push_back(value.is_array() ? lua_text(entry) : key_text(key) + " = " + lua_text(entry));
  }
  return parts.empty() ? "{}" : "{ " + text::join(parts, ", ") + " }";
}

// What is written is given, be it what the default is; so is what differs from the default, as the file of a data set,
// which has no key.
SettingsOf section(const std::string& name, const Json& now, const Json& otherwise,
                   const script::RecipeScript& script) {
  SettingsOf settings{.section = name};
  for (const auto& [key, value] : now.items()) {
    const bool differs = !otherwise.contains(key) || otherwise.at(key) != value;
    const bool given = differs || script.written(name == kTop ? key : name + "." + key);
    (given ? settings.given : settings.defaults).emplace_back(key, lua_text(value));
  }
  return settings;
}

// Each metric of the recipe's own by its name.
void name_metrics(const Json& metrics, SettingsOf& top) {
  const auto all =
      std::find_if(top.given.begin(), top.given.end(), [](const auto& pair) { return pair.first == "metrics"; });
  if (all == top.given.end()) return;
  auto at = top.given.erase(all);
  for (const auto& [name, better] : metrics.items()) {
    at = std::next(top.given.insert(at, {"metrics." + name, "{ better = " + better.dump() + " }"}));
  }
}

// The same tasks and data sets without a setting.
recipe::Recipe bare(const recipe::Recipe& recipe) {
  recipe::Recipe empty;
  for (const recipe::Task& task : recipe.tasks) empty.tasks.push_back({.name = task.name});
  for (const recipe::DataSet& set : recipe.data) empty.data.push_back({.name = set.name});
  return empty;
}

Json top_level(const Json& resolved) {
  Json top = Json::object();
  for (const auto& [key, value] : resolved.items()) {
    const bool own = key == "tasks" || key == "data" || key == "strategies" || key == "train" || key == "checkpoints";
    if (!own) top[key] = value;
  }
  return top;
}

// A callback is shown by where it stands.
void place_callbacks(const recipe::Callbacks& callbacks, SettingsOf& top) {
  const auto place = [&](const char* key, const std::optional<recipe::FunctionHandle>& callback) {
    for (auto& [name, value] : top.given) {
      if (name == key && callback) value = "the function at " + callback->place.text();
    }
  };
  place("schedule", callbacks.schedule);
  place("score", callbacks.score);
  place("stop", callbacks.stop);
}

void add_strategies(const Preparation& prepared, std::vector<SettingsOf>& all) {
  const auto resolved = prepared.strategies.settings();
  for (size_t i = 0; i < resolved.size(); ++i) {
    const auto& [id, values] = resolved[i];
    SettingsOf settings{.section = "strategies[" + std::to_string(i + 1) + "] " + id};
    const recipe::Table& written = prepared.recipe().strategies[i].options;
    for (const auto& [name, value] : values) {
      const bool given =
          std::any_of(written.begin(), written.end(), [&](const auto& option) { return option.first == name; });
      const Json json = std::visit(
          []<class Value>(const Value& held) {
            if constexpr (std::is_same_v<Value, std::monostate>)
              return Json(nullptr);
            else
              return Json(held);
          },
          value);
      (given ? settings.given : settings.defaults).emplace_back(name, lua_text(json));
    }
    all.push_back(std::move(settings));
  }
}

}  // namespace

std::vector<SettingsOf> settings_of(const Preparation& prepared) {
  const recipe::Recipe& recipe = prepared.recipe();
  const Json now = recipe::resolved(recipe);
  const Json otherwise = recipe::resolved(bare(recipe));
  std::vector<SettingsOf> all = {section(kTop, top_level(now), top_level(otherwise), prepared.script)};
  name_metrics(now["metrics"], all.front());
  place_callbacks(recipe.callbacks, all.front());
  for (const recipe::Task& task : recipe.tasks) {
    all.push_back(
        section("tasks." + task.name, now["tasks"][task.name], otherwise["tasks"][task.name], prepared.script));
  }
  for (const recipe::DataSet& set : recipe.data) {
    all.push_back(section("data." + set.name, now["data"][set.name], otherwise["data"][set.name], prepared.script));
  }
  add_strategies(prepared, all);
  all.push_back(section("train", now["train"], otherwise["train"], prepared.script));
  all.push_back(section("checkpoints", now["checkpoints"], otherwise["checkpoints"], prepared.script));
  return all;
}

}  // namespace engram::run

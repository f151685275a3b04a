#include "run/plan_json.hpp"

#include "recipe/describe.hpp"
#include "report/event_json.hpp"
#include "run/evaluation_steps.hpp"
#include "run/manifest.hpp"
#include "run/memory_estimate.hpp"
#include "run/plan_modules.hpp"
#include "run/plan_settings.hpp"
#include "run/plan_warnings.hpp"
#include "run/rates.hpp"

namespace engram::run {
namespace {

Json model_json(const Preparation& prepared) {
  const sdk::ModelView& view = prepared.view;
  const std::optional<hub::Snapshot>& snapshot = prepared.model_snapshot;
  return {{"folder", snapshot ? prepared.model_folder.string() : prepared.recipe().model},
          {"reference", snapshot ? Json(snapshot->reference.text()) : Json()},
          {"commit", snapshot ? Json(snapshot->commit) : Json()},
          {"family", view.family},
          {"layers", view.layers},
          {"hidden", view.hidden},
          {"max_positions", view.max_positions},
          {"parameters", prepared.resolution.total_count()},
          {"trainable", prepared.resolution.trainable_count()}};
}

Json adapter_json(const Preparation& prepared) {
  if (!prepared.start) return nullptr;
  return {{"folder", prepared.start->adapter.folder.string()}, {"type", prepared.start->adapter.peft_type}};
}

Json data_json(const Preparation& prepared) {
  Json all = Json::object();
  for (const SetFacts& set : prepared.sets) {
    all[set.set->name] = {{"file", set.file.string()},
                          {"rows", set.rows.rows},
                          {"counted", set.rows.exact},
                          {"read", set.content.rows},
                          {"labels", set.content.labels}};
  }
  return all;
}

Json defaults_json(const Preparation& prepared) {
  Json all = Json::array();
  for (const SettingsOf& settings : settings_of(prepared)) {
    for (const auto& [key, value] : settings.defaults) all.push_back(settings.section + "." + key);
  }
  return all;
}

Json rates_json(const RateTable& table) {
  Json groups = Json::array();
  for (const RateRow& row : table.groups) {
    Json rates = Json::array();
    for (const std::optional<double>& rate : row.rates) rates.push_back(rate ? Json(*rate) : Json(nullptr));
    groups.push_back({{"scale", row.rate_scale},
                      {"weight_decay", row.weight_decay},
                      {"parameters", row.parameters},
                      {"tensors", row.tensors},
                      {"rates", rates}});
  }
  return {{"steps", table.steps}, {"groups", groups}, {"numbers", table.numbers}};
}

Json steps_json(const Preparation& prepared) {
  return {{"total", prepared.steps.total},
          {"per_epoch", prepared.steps.per_epoch},
          {"evaluations", evaluation_steps(prepared.steps, prepared.recipe().train.evaluations_in_first_epoch)}};
}

Json modules_json(const Preparation& prepared) {
  Json all = Json::array();
  for (const ModuleMatch& match : module_matches(prepared)) {
    all.push_back({{"strategy", match.strategy},
                   {"does", match.does},
                   {"pattern", match.pattern},
                   {"count", match.count},
                   {"unit", match.unit}});
  }
  return all;
}

Json metrics_json(const Preparation& prepared) {
  Json names = Json::array();
  for (const auto& [set, numbers] : prepared.metric_names) {
    for (const auto& [metric, number] : numbers) names.push_back(set + "." + metric);
  }
  return {{"names", names}, {"score_reads", prepared.guards.score_reads}, {"stop_reads", prepared.guards.stop_reads}};
}

Json memory_json(const Preparation& prepared) {
  Json parts = Json::object();
  for (const MemoryPart& part : estimate_memory(prepared.recipe().train, prepared.view, prepared.resolution)) {
    parts[part.name] = part.bytes;
  }
  return parts;
}

Json advice_json(const Preparation& prepared) {
  Json all = Json::array();
  for (const advisor::Advice& advice : prepared.advice) {
    all.push_back(report::advice_event(advice));
    all.back().erase("event");
  }
  return all;
}

}  // namespace

Json plan_json(Preparation& prepared) {
  return {{"recipe", prepared.recipe().name},
          {"point", prepared.recipe().point},
          {"model", model_json(prepared)},
          {"adapter", adapter_json(prepared)},
          {"tasks", labels_by_task(prepared)},
          {"data", data_json(prepared)},
          {"settings", recipe::resolved(prepared.recipe())},
          {"defaults", defaults_json(prepared)},
          {"modules", modules_json(prepared)},
          {"steps", steps_json(prepared)},
          {"rates", rates_json(rate_table(prepared))},
          {"metrics", metrics_json(prepared)},
          {"memory", memory_json(prepared)},
          {"warnings", plan_warnings(prepared, prepared.steps)},
          {"advice", advice_json(prepared)}};
}

}  // namespace engram::run

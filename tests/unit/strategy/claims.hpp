// Claims made by hand on the small model, and what the rules make of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "recipe_entries.hpp"
#include "small_model.hpp"
#include "strategy/resolution.hpp"

namespace engram::test {

inline const std::string kQuery0 = "encoder.layer.0.attention.self.query";
inline const std::string kQuery1 = "encoder.layer.1.attention.self.query";
inline const std::string kAttention0 = "encoder.layer.0.attention";
inline const std::string kAttention1 = "encoder.layer.1.attention";

inline strategy::StrategyClaims claims(const std::string& id, int line, const std::function<void(sdk::Plan&)>& fill,
                                       std::map<std::string, sdk::Setting> settings = {}) {
  strategy::StrategyClaims result{id, {"recipe.lua", line}, {}, sdk::Settings(std::move(settings))};
  fill(result.plan);
  return result;
}

// Data sets of the old task with labels and without, of a task with many classes, of one whose head is fresh, and one
// that is evaluated.
inline std::vector<strategy::DataFacts> some_data() {
  return {{.name = "topics", .task = "topics", .rows = 100, .classes = 4},
          {.name = "bare", .task = "topics", .rows = 100, .classes = 4, .labelled = false},
          {.name = "many", .task = "topics", .rows = 100, .classes = 21},
          {.name = "new", .task = "questions", .rows = 100, .classes = 3, .fresh_head = true},
          {.name = "scored", .task = "topics", .rows = 100, .classes = 4, .evaluates = true}};
}

inline strategy::Resolution resolved(const std::vector<strategy::StrategyClaims>& all) {
  Faults faults;
  strategy::Resolution resolution = strategy::resolve(small_view(), all, some_data(), faults);
  faults.raise<RecipeError>();
  return resolution;
}

inline std::string refused(const std::vector<strategy::StrategyClaims>& all) {
  return refusal<RecipeError>([&] { resolved(all); });
}

inline void adapt_query(sdk::Plan& plan) {
  plan.tensor("a", {2, 8}, "uniform");
  plan.tensor("b", {8, 2}, "zeros");
  plan.adapt(kQuery0, sdk::LowRank{"a", "b", 4, 0.1});
}

inline sdk::Prefix prefix(const std::string& site, int64_t tokens) {
  return {.site = site, .tokens = tokens, .source = [](const sdk::TensorByName&) { return sdk::KeysValues{}; }};
}

inline void prefix_every_block(sdk::Plan& plan) {
  plan.prefix(prefix(kAttention0, 2));
  plan.prefix(prefix(kAttention1, 2));
}

inline sdk::Prompt prompt(int64_t tokens) {
  return {.tokens = tokens, .source = [](const sdk::TensorByName&) { return at::Tensor(); }};
}

inline sdk::Pass squares_of(const std::vector<sdk::Pattern>& parameters, const std::string& data,
                            sdk::LabelMode labels = sdk::LabelMode::automatic) {
  return {.name = "fisher", .data = data, .work = sdk::SquaredGradients{.parameters = parameters, .labels = labels}};
}

}  // namespace engram::test

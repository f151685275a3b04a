// Every pair of shipped strategies composes and trains, or is refused with a text that names both and the fix.
#include <algorithm>
#include <filesystem>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "run_together.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

// The shipped strategies, each with the settings that a short run needs.
const std::vector<recipe::StrategyEntry>& shipped() {
  static const std::vector<recipe::StrategyEntry> entries = {
      strategy_entry("discriminative_lr", {{"decay", 0.8}}),
      strategy_entry("distillation", Json::object()),
      strategy_entry("ewc", {{"data", "season"}, {"samples", 8}}),
      strategy_entry("freezing", {{"keep", "last 1 blocks"}}),
      strategy_entry("l2_sp", Json::object()),
      strategy_entry("lora", {{"rank", 2}}),
      strategy_entry("prefix_tuning", {{"tokens", 2}}),
      strategy_entry("prompt_tuning", {{"tokens", 2}}),
      strategy_entry("replay", {{"data", "season"}, {"share", 0.25}}),
      strategy_entry("weight_interpolation", {{"alphas", Json::array({0, 0.5, 1})}})};
  return entries;
}

struct Pair {
  recipe::StrategyEntry first, second;
  std::string name() const { return first.id + " + " + second.id; }
};

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  const auto& entries = shipped();
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t k = i + 1; k < entries.size(); ++k) all.push_back({entries[i], entries[k]});
  }
  return all;
}

std::vector<recipe::StrategyEntry> in_order(recipe::StrategyEntry first, recipe::StrategyEntry second) {
  first.place = {"recipe.lua", 7};
  second.place = {"recipe.lua", 8};
  return {first, second};
}

// Empty: they compose.
std::string refusal(const std::vector<recipe::StrategyEntry>& entries) {
  try {
    const RunTogether run(entries);
    return "";
  } catch (const RecipeError& error) {
    return error.what();
  }
}

// Four steps: enough for what starts at zero (LoRA's B, a bias) to pass its gradient on.
std::vector<train::StepResult> steps(RunTogether& run) {
  std::vector<train::StepResult> results;
  for (int i = 0; i < 4; ++i) results.push_back(run.step());
  return results;
}

void check_steps(const RunTogether& run, const std::vector<train::StepResult>& results) {
  int64_t mixed = 0;
  for (const train::StepResult& result : results) {
    CHECK(std::isfinite(result.loss.item<double>()));
    CHECK(std::isfinite(result.gradient_norm.item<double>()));
    mixed += result.mixed_examples;
  }
  CHECK(results.front().loss.item<double>() != results.back().loss.item<double>());
  CHECK((mixed > 0) == !run.resolution().mixes.empty());
  for (const auto& [strategy, penalty] : run.resolution().penalties) {
    CHECK(results.back().penalties.at(strategy + "." + penalty.name).item<double>() > 0);
  }
  for (const auto& [strategy, term] : run.resolution().loss_terms) {
    CHECK(results.back().terms.at(strategy + "." + term.name).item<double>() > 0);
  }
}

// Whoever decided that something trains has something that did; what never trains is bit for bit what it was.
void check_changes(const RunTogether& run, const std::map<std::string, at::Tensor>& before) {
  const std::map<std::string, at::Tensor> after = run.tensors();
  std::map<std::string, bool> changed;
  for (const strategy::ResolvedTensor& tensor : run.resolution().tensors) {
    INFO(tensor.name);
    const bool same = at::equal(before.at(tensor.name), after.at(tensor.name));
    if (tensor.ever_trains()) {
      changed[tensor.owner] = changed[tensor.owner] || !same;
    } else {
      CHECK(same);
    }
  }
  for (const auto& [owner, any] : changed) {
    INFO(owner);
    CHECK(any);
  }
}

void check_candidates(RunTogether& run, const std::map<std::string, at::Tensor>& before) {
  const std::map<std::string, at::Tensor> trained = run.tensors();
  const auto candidates = run.finish();
  CHECK(candidates.empty() == run.resolution().finishes.empty());
  if (candidates.empty()) return;
  for (const auto& [name, tensor] : candidates.at("alpha 0")) {
    CHECK(at::equal(tensor, before.at(name)));
    CHECK(at::equal(candidates.at("alpha 1").at(name), trained.at(name)));
    CHECK(at::allclose(candidates.at("alpha 0.5").at(name), (before.at(name) + trained.at(name)) / 2));
  }
}

}  // namespace

TEST_CASE("every shipped strategy takes part") {
  std::set<std::string> named, folders;
  for (const recipe::StrategyEntry& entry : shipped()) named.insert(entry.id);
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(ENGRAM_SOURCE_DIR) / "plugins")) {
    if (file.is_directory()) folders.insert(file.path().filename().string());
  }
  CHECK(named == folders);
  CHECK(pairs().size() == named.size() * (named.size() - 1) / 2);
}

TEST_CASE("each pair composes or is refused with its golden text") {
  std::string table;
  for (const Pair& pair : pairs()) {
    const std::string text = refusal(in_order(pair.first, pair.second));
    table += pair.name() + "\n  " + (text.empty() ? "composes" : text) + "\n";
  }
  const std::filesystem::path golden = std::filesystem::path(ENGRAM_SOURCE_DIR) / "tests/golden/composition.txt";
  if (std::getenv("ENGRAM_WRITE_GOLDEN") != nullptr) write_file_atomically(golden, table);
  CHECK(table == read_file(golden));
}

TEST_CASE("a refusal names both strategies, a recipe line of each, and the fix; the recipe's order changes nothing") {
  for (const Pair& pair : pairs()) {
    INFO(pair.name());
    const std::string text = refusal(in_order(pair.first, pair.second));
    CHECK(text.empty() == refusal(in_order(pair.second, pair.first)).empty());
    if (text.empty()) continue;
    for (const std::string& part : {"'" + pair.first.id + "'", "'" + pair.second.id + "'", std::string("recipe.lua:7"),
                                    std::string("recipe.lua:8"), std::string("Fix: ")}) {
      CHECK(text.find(part) != std::string::npos);
    }
  }
}

TEST_CASE("each pair that composes trains: losses are finite, claims take effect, only what should changes") {
  for (const Pair& pair : pairs()) {
    INFO(pair.name());
    const auto entries = in_order(pair.first, pair.second);
    if (!refusal(entries).empty()) continue;
    RunTogether run(entries);
    const std::map<std::string, at::Tensor> before = run.tensors();
    check_steps(run, steps(run));
    check_changes(run, before);
    check_candidates(run, before);
  }
}

// A recipe file as a running script: the checked recipe and its callbacks, in one sandboxed LuaJIT state.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "recipe/history.hpp"
#include "recipe/recipe.hpp"

namespace engram::script {

using Overrides = std::vector<std::pair<std::string, std::string>>;  // "train.epochs" -> "2", as on the command line

class RecipeScript {
 public:
  // Runs the recipe stage: loads the file ("-": standard input), applies the overrides, reads and checks the table.
  // `library` is the folder that holds engram/*.lua. Throws RecipeError with every fault.
  static RecipeScript load(const std::string& file, const Overrides& overrides, const std::filesystem::path& library);
  ~RecipeScript();
  RecipeScript(RecipeScript&&) noexcept;
  RecipeScript& operator=(RecipeScript&&) noexcept;

  const recipe::Recipe& recipe() const;

  // Tries every callback once on made-up numbers that have exactly these sets and metrics, so that a misspelt metric
  // or a broken rule is refused before step 0. Throws RecipeError with every fault; leaves the state table as it was.
  void resolve(const recipe::Metrics& names) const;

  // Run stage. Each throws RecipeError with the Lua traceback when the callback fails, runs away, or returns what it
  // may not (NaN, wrong type). Absent callbacks give the documented default.
  recipe::ScheduleResult schedule(const recipe::ScheduleInput& input);
  double score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  recipe::StopDecision stop(const recipe::History& history);

  // What callbacks keep in `h.state`, for checkpoints; restore() puts it back before the first callback of a resumed
  // run, so that it decides the same.
  Json state() const;
  void restore(const Json& state);

 private:
  struct State;
  explicit RecipeScript(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace engram::script

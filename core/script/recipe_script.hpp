// A recipe file as a running script: the checked recipe and its callbacks, in one sandboxed LuaJIT state.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "recipe/history.hpp"
#include "recipe/recipe.hpp"
#include "recipe/scored_set.hpp"

namespace engram::script {

using Overrides = std::vector<std::pair<std::string, std::string>>;  // "train.epochs" -> "2", as on the command line

// One combination of a grid's values: "rate=1e-05,rank=4" and [("rate", "1e-05"), ("rank", "4")].
struct GridPoint {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;
};

// Whether a callback used up its steps: calling it again would take as long again.
bool ran_away(const RecipeError& error);

// Looks at a faulty recipe, as far as it could be read, for what else is wrong with it.
using MoreFaults = std::function<void(const recipe::Recipe&, Faults&)>;

class RecipeScript {
 public:
  // Runs the recipe stage: loads the file ("-": standard input), applies the overrides, reads and checks the table.
  // `library` is the folder that holds engram/*.lua; `point` names one point of a grid, and is empty for a plain
  // recipe. Throws RecipeError with every fault, and with those that `more` adds to a recipe that has some.
  static RecipeScript load(const std::string& file, const Overrides& overrides, const std::filesystem::path& library,
                           const std::string& point = "", const MoreFaults& more = {});
  // The points of a recipe that engram.grid made, in order; none for a plain recipe.
  static std::vector<GridPoint> points(const std::string& file, const std::filesystem::path& library);
  ~RecipeScript();
  RecipeScript(RecipeScript&&) noexcept;
  RecipeScript& operator=(RecipeScript&&) noexcept;

  const recipe::Recipe& recipe() const;
  // Where "train.epochs" stands in the file, or what it belongs to where the recipe leaves it out.
  recipe::Place place(const std::string& setting) const;
  // Whether the recipe or an override says something about it, be it what the default is: "train.epochs". Settings of
  // strategies are in their entries' options.
  bool written(const std::string& setting) const;

  // Tries every callback on made-up numbers that have exactly these sets and metrics, so that a misspelt metric or a
  // broken rule is refused before step 0. The recipe's own metrics are tried first, on made-up examples of `shapes`,
  // and their names are added to `names`. Throws RecipeError with every fault; leaves the state table as it was.
  void resolve(recipe::Metrics& names, const std::vector<recipe::SetShape>& shapes) const;

  // Run stage. Each throws RecipeError with the Lua traceback when the callback fails, runs away, or returns what it
  // may not (NaN, wrong type). Absent callbacks give the documented default. The faults of a grid's recipe name its
  // point.
  recipe::ScheduleResult schedule(const recipe::ScheduleInput& input);
  double score(const recipe::Metrics& metrics, const recipe::Metrics& baseline);
  recipe::StopDecision stop(const recipe::History& history);
  // The recipe's own metrics of one set, by the name that score and stop read. Empty without any.
  std::map<std::string, double> own_metrics(const recipe::ScoredSet& set);

  // From now on, the names of what score() and stop() read are added to `reads`, which outlives the calls:
  // "new.accuracy", "baseline.new.accuracy", "score". nullptr: no longer.
  void watch_reads(std::set<std::string>* reads);

  // The schedule asked outside of a run, as plan does: leaves the state as it was.
  recipe::ScheduleResult try_schedule(const recipe::ScheduleInput& input) const;

  // What callbacks keep, for checkpoints: { schedule = s.state, stop = h.state, random = math.random's state }.
  // restore() puts it back before the first callback of a resumed run, so that it decides the same.
  Json state() const;
  void restore(const Json& state);

 private:
  struct State;
  explicit RecipeScript(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace engram::script

#include "script/recipe_script.hpp"

#include <algorithm>
#include <utility>

#include "base/seeds.hpp"
#include "base/text.hpp"
#include "recipe/overrides.hpp"
#include "recipe/read.hpp"
#include "script/callbacks.hpp"
#include "script/dry_run.hpp"
#include "script/own_metrics.hpp"
#include "script/recipe_file.hpp"
#include "script/watched.hpp"

namespace engram::script {

namespace fs = std::filesystem;

struct RecipeScript::State {
  State(const std::string& name, const fs::path& library);
  void start_run_stage(recipe::Recipe read);

  RecipeFile file;
  recipe::Recipe recipe;
  std::set<std::string> written;
  std::unique_ptr<Callbacks> callbacks;
  std::unique_ptr<OwnMetrics> metrics;
  std::unique_ptr<OutsideCheck> outside;
};

namespace {

// The recipe stage draws the same numbers whatever the recipe says; the run stage draws by train.seed.
const uint64_t kRecipeStageSeed = derive_seed(0, "recipe stage");

std::string name_of(const std::string& file) { return file == "-" ? "stdin" : fs::path(file).stem().string(); }

std::string default_score_set(const recipe::Recipe& recipe) {
  for (const recipe::DataSet& set : recipe.data) {
    if (set.use == recipe::DataUse::evaluate && set.role == recipe::DataRole::new_task) return set.name;
  }
  return "";
}

std::vector<OwnMetric> own_metrics_of(const recipe::Recipe& recipe, const RecipeFile& file) {
  std::vector<OwnMetric> metrics;
  for (const recipe::OwnMetric& metric : recipe.metrics)
    metrics.push_back({metric.name, file.callback(metric.function)});
  return metrics;
}

std::vector<OutsideCheck::Watched> watched(const Callbacks& callbacks, const OwnMetrics& metrics) {
  std::vector<OutsideCheck::Watched> all = {{"schedule", callbacks.schedule_callback(), "keep it in s.state"},
                                            {"score", callbacks.score_callback(), "let score depend on m alone"},
                                            {"stop", callbacks.stop_callback(), "keep it in h.state"}};
  for (const OwnMetric& metric : metrics.all()) {
    all.push_back({"metric '" + metric.name + "'", metric.function, "let the metric depend on e alone"});
  }
  std::erase_if(all, [](const OutsideCheck::Watched& entry) { return !entry.function.present(); });
  return all;
}

void collect_written(const recipe::Value& value, const std::string& path, std::set<std::string>& written) {
  const recipe::Mixed* mixed = value.table();
  if (mixed == nullptr) return;
  for (const auto& [key, entry] : mixed->table) {
    const std::string name = path.empty() ? key : path + "." + key;
    written.insert(name);
    collect_written(entry, name, written);
  }
}

// Faults of a grid's recipe say of which point they are, at the end of their first line.
template <class Work>
auto at_point(const std::string& point, Work work) -> decltype(work()) {
  if (point.empty()) return work();
  try {
    return work();
  } catch (const RecipeError& error) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults) {
      const size_t end = std::min(fault.what.find('\n'), fault.what.size());
      fault.what.insert(end, ", at point " + point);
    }
    throw RecipeError(faults);
  }
}

size_t find_point(const std::vector<GridPoint>& points, const std::string& name, const std::string& file) {
  std::vector<std::string> names;
  for (const GridPoint& point : points) names.push_back(point.name);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return i;
  }
  const std::string what = name.empty() ? "this recipe is a grid, and no point of it is named"
                                        : "the grid has no point '" + name + "'" + text::did_you_mean(name, names);
  if (names.size() > 12) names.resize(12, "");
  throw RecipeError(Fault{what, file, text::join(names, "; "), "name one with --point, or run the whole grid"});
}

}  // namespace

bool ran_away(const RecipeError& error) {
  const auto is = [](const Fault& fault) { return fault.what.find(" ran away") != std::string::npos; };
  return std::any_of(error.faults().begin(), error.faults().end(), is);
}

RecipeScript::State::State(const std::string& name, const fs::path& library) : file(name, library, kRecipeStageSeed) {}

void RecipeScript::State::start_run_stage(recipe::Recipe read) {
  recipe = std::move(read);
  file.close(recipe);
  file.random().restart(derive_seed(static_cast<uint64_t>(recipe.train.seed), "callbacks"));
  std::vector<std::string> ids;
  for (const recipe::StrategyEntry& entry : recipe.strategies) ids.push_back(entry.id);
  const auto callback = [&](const std::optional<recipe::FunctionHandle>& handle) {
    return handle ? file.callback(*handle) : Callback{};
  };
  const recipe::Callbacks& written = recipe.callbacks;
  callbacks = std::make_unique<Callbacks>(file.lua(), file.random(), callback(written.schedule),
                                          callback(written.score), callback(written.stop), ids);
  metrics = std::make_unique<OwnMetrics>(file.lua(), own_metrics_of(recipe, file));
  outside = std::make_unique<OutsideCheck>(file.lua(), file.modules(), watched(*callbacks, *metrics));
}

RecipeScript::RecipeScript(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecipeScript::~RecipeScript() = default;
RecipeScript::RecipeScript(RecipeScript&&) noexcept = default;
RecipeScript& RecipeScript::operator=(RecipeScript&&) noexcept = default;

std::vector<GridPoint> RecipeScript::points(const std::string& file, const fs::path& library) {
  RecipeFile opened(file, library, kRecipeStageSeed);
  Faults faults;
  const recipe::Value top = opened.run(faults);
  if (!is_grid(top)) return {};
  const Grid grid = read_grid(top, faults);
  faults.raise<RecipeError>();
  return points_of(grid);
}

RecipeScript RecipeScript::load(const std::string& file, const Overrides& overrides, const fs::path& library,
                                const std::string& point, const MoreFaults& more) {
  auto state = std::make_unique<State>(file, library);
  Faults faults;
  recipe::Value top = state->file.run(faults);
  if (is_grid(top)) {
    const Grid grid = read_grid(top, faults);
    faults.raise<RecipeError>();
    const size_t index = find_point(points_of(grid), point, file);
    top = at_point(point, [&] { return state->file.run_point(grid, index, faults); });
  } else if (!point.empty()) {
    throw RecipeError(
        Fault{"there is no point '" + point + "': this recipe is no grid", file, "", "leave --point out"});
  }
  recipe::apply_overrides(top, overrides, faults);
  collect_written(top, "", state->written);
  recipe::Recipe recipe = recipe::read(top, faults);
  if (!faults.empty() && more) more(recipe, faults);
  at_point(point, [&] { faults.raise<RecipeError>(); });

  recipe.file = file;
  recipe.name = name_of(file);
  recipe.folder = state->file.folder();
  recipe.source = state->file.source();
  recipe.overrides = overrides;
  recipe.point = point;
  state->start_run_stage(std::move(recipe));
  return RecipeScript(std::move(state));
}

const recipe::Recipe& RecipeScript::recipe() const { return state_->recipe; }

recipe::Place RecipeScript::place(const std::string& setting) const { return state_->file.place(setting); }

bool RecipeScript::written(const std::string& setting) const { return state_->written.contains(setting); }

void RecipeScript::watch_reads(std::set<std::string>* reads) {
  state_->file.lua().protect([&](lua_State* lua) { script::watch_reads(lua, reads); });
}

void RecipeScript::resolve(recipe::Metrics& names, const std::vector<recipe::SetShape>& shapes) const {
  at_point(state_->recipe.point, [&] {
    Faults faults;
    state_->metrics->try_out(shapes, names, faults);
    faults.raise<RecipeError>();
    dry_run(*state_->callbacks, *state_->outside, names, faults);
    faults.raise<RecipeError>();
  });
}

recipe::ScheduleResult RecipeScript::schedule(const recipe::ScheduleInput& input) {
  return at_point(state_->recipe.point, [&] { return state_->callbacks->schedule(input); });
}

recipe::ScheduleResult RecipeScript::try_schedule(const recipe::ScheduleInput& input) const {
  const Json kept = state_->callbacks->state();
  const recipe::ScheduleResult result =
      at_point(state_->recipe.point, [&] { return state_->callbacks->schedule(input); });
  state_->callbacks->restore(kept);
  return result;
}

double RecipeScript::score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  const auto own = at_point(state_->recipe.point, [&] { return state_->callbacks->score(metrics, baseline); });
  if (own) return *own;
  const std::string set = default_score_set(state_->recipe);
  const auto found = metrics.find(set);
  if (found == metrics.end() || found->second.count("accuracy") == 0) {
    throw InternalError(Fault{"the default score needs the accuracy of '" + set + "', which was not measured"});
  }
  return found->second.at("accuracy");
}

recipe::StopDecision RecipeScript::stop(const recipe::History& history) {
  return at_point(state_->recipe.point, [&] {
    const recipe::StopDecision decision = state_->callbacks->stop(history);
    state_->callbacks->state();
    state_->outside->check();
    return decision;
  });
}

std::map<std::string, double> RecipeScript::own_metrics(const recipe::ScoredSet& set) {
  return at_point(state_->recipe.point, [&] { return state_->metrics->measure(set); });
}

Json RecipeScript::state() const { return state_->callbacks->state(); }

void RecipeScript::restore(const Json& state) { state_->callbacks->restore(state); }

}  // namespace engram::script

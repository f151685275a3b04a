#include "strategy/strategies.hpp"

#include <ATen/core/grad_mode.h>

#include "base/errors.hpp"
#include "strategy/options_check.hpp"
#include "strategy/settings_check.hpp"
#include "strategy/strategies_state.hpp"

namespace engram::strategy {
const StrategyRun& Strategies::State::run(const std::string& id) const {
  for (const StrategyRun& candidate : runs) {
    if (candidate.id == id) return candidate;
  }
  throw InternalError(Fault{"no strategy '" + id + "' in this run"});
}

StrategyRun& Strategies::State::run(const std::string& id) {
  return const_cast<StrategyRun&>(std::as_const(*this).run(id));
}

void Strategies::State::require_applied() const {
  if (model == nullptr) throw InternalError(Fault{"a phase of the strategies before apply()"});
}

Strategies::Strategies(std::unique_ptr<State> state) : state_(std::move(state)) {}
Strategies::~Strategies() = default;
Strategies::Strategies(Strategies&&) noexcept = default;
Strategies& Strategies::operator=(Strategies&&) noexcept = default;

Strategies Strategies::load(const std::vector<recipe::StrategyEntry>& entries,
                            const std::vector<std::filesystem::path>& search) {
  Faults plugin_faults, recipe_faults;
  auto state = std::make_unique<State>();
  std::vector<const Plugin*> plugins;
  for (const recipe::StrategyEntry& entry : entries) {
    const Plugin* plugin = load_for(entry, search, plugin_faults);
    if (plugin == nullptr) continue;
    plugins.push_back(plugin);
    state->plugins.push_back(plugin->facts);
    StrategyRun run;
    run.id = plugin->strategy.id;
    run.place = entry.place;
    run.settings = check_settings(entry, plugin->strategy, recipe_faults);
    state->runs.push_back(std::move(run));
  }
  if (!plugin_faults.empty()) {
    plugin_faults.add(recipe_faults.list());
    plugin_faults.raise<PluginError>();
  }
  recipe_faults.raise<RecipeError>();
  for (size_t i = 0; i < state->runs.size(); ++i) {
    StrategyRun& run = state->runs[i];
    run.object = guarded(run.call("construction"), [&] { return plugins[i]->strategy.make(run.settings); });
  }
  return Strategies(std::move(state));
}

const std::vector<PluginFacts>& Strategies::plugins() const { return state_->plugins; }

std::vector<std::pair<std::string, std::map<std::string, sdk::Setting>>> Strategies::settings() const {
  std::vector<std::pair<std::string, std::map<std::string, sdk::Setting>>> all;
  for (const StrategyRun& run : state_->runs) all.emplace_back(run.id, run.settings.values());
  return all;
}

std::vector<StrategyClaims> Strategies::plan(const sdk::ModelView& view) const {
  std::vector<StrategyClaims> claims;
  Faults faults;
  for (const StrategyRun& run : state_->runs) {
    StrategyClaims own{run.id, run.place, {}, run.settings};
    try {
      guarded(run.call("plan"), [&] { run.object->plan(view, own.plan); });
    } catch (const PluginError& error) {
      faults.add(error.faults());
    }
    claims.push_back(std::move(own));
  }
  faults.raise<PluginError>();
  return claims;
}

std::vector<StrategyState> Strategies::save_state() const {
  std::vector<StrategyState> states;
  for (const StrategyRun& run : state_->runs) {
    StrategyState state{run.id, {}, {}, {}};
    HostStateWriter writer(state);
    guarded(run.call("save"), [&] { run.object->save(writer); });
    states.push_back(std::move(state));
  }
  return states;
}

void Strategies::load_state(const std::vector<StrategyState>& states) {
  Faults faults;
  for (const StrategyState& state : states) {
    const auto known = [&](const StrategyRun& run) { return run.id == state.strategy; };
    if (std::any_of(state_->runs.begin(), state_->runs.end(), known)) continue;
    faults.add({"the checkpoint holds state of the strategy '" + state.strategy + "', which this run does not have"});
  }
  for (const StrategyRun& run : state_->runs) {
    const auto own = [&](const StrategyState& state) { return state.strategy == run.id; };
    if (std::any_of(states.begin(), states.end(), own)) continue;
    faults.add({"the checkpoint holds no state of the strategy '" + run.id + "'", run.place.text()});
  }
  faults.raise<PluginError>();
  const at::NoGradGuard no_grad;
  for (const StrategyState& state : states) {
    StrategyRun& run = state_->run(state.strategy);
    guarded(run.call("load"), [&] { run.object->load(HostStateReader(state)); });
  }
}

void Strategies::shutdown() {
  for (auto run = state_->runs.rbegin(); run != state_->runs.rend(); ++run) run->object.reset();
  state_->runs.clear();
}

}  // namespace engram::strategy

#include "strategy/strategies.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
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

std::string Strategies::State::graph_owners() const {
  if (resolution == nullptr) return {};
  std::vector<std::string> owners;
  const auto add = [&](const std::string& id) {
    if (std::find(owners.begin(), owners.end(), id) == owners.end()) owners.push_back(id);
  };
  for (const ResolvedAdapter& adapter : resolution->adapters) {
    if (std::holds_alternative<sdk::Custom>(adapter.adapt.adapter)) add(adapter.strategy);
  }
  for (const auto& prefix : resolution->prefixes) add(prefix.strategy);
  if (resolution->prompt) add(resolution->prompt->strategy);
  for (const auto& term : resolution->loss_terms) add(term.strategy);
  return text::join(owners, "' or '");
}

void Strategies::State::require_applied() const {
  if (model == nullptr) throw InternalError(Fault{"a phase of the strategies before apply()"});
}

Strategies::Strategies(std::unique_ptr<State> state) : state_(std::move(state)) {}
Strategies::~Strategies() {
  try {
    if (state_) shutdown();
  } catch (const PluginError&) {
    // Another error is on its way, or nobody waits for the end of these strategies.
  }
}
Strategies::Strategies(Strategies&&) noexcept = default;
Strategies& Strategies::operator=(Strategies&&) noexcept = default;

Strategies Strategies::load(const std::vector<recipe::StrategyEntry>& entries,
                            const std::vector<std::filesystem::path>& search, Checks checks) {
  Faults plugin_faults, recipe_faults;
  auto state = std::make_unique<State>();
  if (checks == Checks::strict) state->watch = std::make_shared<Watch>();
  std::vector<const Plugin*> plugins;
  for (const recipe::StrategyEntry& entry : entries) {
    const Plugin* plugin = load_for(entry, search, plugin_faults);
    if (plugin == nullptr) continue;
    plugins.push_back(plugin);
    state->plugins.push_back(plugin->facts);
    StrategyRun run;
    run.id = plugin->strategy.id;
    run.place = entry.place;
    run.watch = state->watch;
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
    const CallSite call = run.call("construction");
    run.object = guarded(call, [&] { return plugins[i]->strategy.make(run.settings); });
    if (!run.object) throw call.offence("it made no strategy", "return an object from StrategyDescription::make");
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
  state_->planned.push_back(std::make_shared<const sdk::ModelView>(view));
  std::vector<StrategyClaims> claims;
  Faults faults;
  for (const StrategyRun& run : state_->runs) {
    StrategyClaims own{run.id, run.place, {}, run.settings};
    try {
      guarded(run.call("plan"), [&] { run.object->plan(*state_->planned.back(), own.plan); });
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
    run.writer->open(state);
    const Loan loan(*run.writer);
    guarded(run.call("save"), [&] { run.object->save(*run.writer); });
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
    run.reader->open(state);
    const Loan loan(*run.reader);
    guarded(run.call("load"), [&] { run.object->load(*run.reader); });
  }
}

void Strategies::shutdown() {
  Faults faults;
  for (auto run = state_->runs.rbegin(); run != state_->runs.rend(); ++run) {
    try {
      guarded(run->call("destruction"), [&] { run->object.reset(); });
    } catch (const PluginError& error) {
      faults.add(error.faults());
    }
  }
  state_->runs.clear();
  faults.raise<PluginError>();
}

const Watch* Strategies::watch() const { return state_->watch.get(); }

}  // namespace engram::strategy

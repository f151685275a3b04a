// The strategies of one run, from the recipe's list to guarded calls in every phase.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engram/sdk/strategy.hpp"
#include "model/model.hpp"
#include "recipe/recipe.hpp"
#include "strategy/bound.hpp"
#include "strategy/plugin_facts.hpp"
#include "strategy/resolution.hpp"
#include "strategy/start_weights.hpp"

namespace engram::strategy {

// What a strategy keeps beside its claimed tensors, as its save() gave it: for checkpoints.
struct StrategyState {
  std::string strategy;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, at::Tensor> tensors;
};

// Squared gradients of passes by "<strategy>.<pass>".
struct PassResult {
  sdk::PassFacts facts;
  std::map<std::string, at::Tensor> squares;  // by parameter, fp32, CPU
};
using PassResults = std::map<std::string, PassResult>;

// What initialise() may ask the host for.
struct InitServices {
  PassResults passes;
  std::function<std::vector<int64_t>(const std::string& text)> tokenize;
  std::map<std::string, at::Tensor> carried;  // by qualified name, from the folder that the run starts from
  std::function<void(const std::string& strategy, const std::string& line)> report;
};

// How much of what plugins do is checked: what is cheap, or all of it (--strict-plugins; watch.hpp).
enum class Checks { usual, strict };

class Watch;

class Strategies {
 public:
  // Finds, checks and loads the plugins that the recipe names, checks the options against their declared parameters,
  // constructs the strategies. Throws RecipeError or PluginError with everything at once.
  // `search` is in order of preference (plugin_finder.hpp makes the usual one).
  static Strategies load(const std::vector<recipe::StrategyEntry>& entries,
                         const std::vector<std::filesystem::path>& search, Checks checks = Checks::usual);
  // Ends every strategy object.
  ~Strategies();
  Strategies(Strategies&&) noexcept;
  Strategies& operator=(Strategies&&) noexcept;

  const std::vector<PluginFacts>& plugins() const;
  // Resolved settings of each strategy, every default spelled out, for the manifest.
  std::vector<std::pair<std::string, std::map<std::string, sdk::Setting>>> settings() const;

  // Calls plan() of each; guarded.
  std::vector<StrategyClaims> plan(const sdk::ModelView& view) const;

  // Copies the start weights, allocates claimed tensors on the model's device, initialises them (unless `restored`),
  // attaches adapters, prefixes and the prompt, binds the claims of a step. The model has its device and its heads by
  // then, and outlives this object's phases.
  enum class Start { fresh, restored };
  void apply(model::Model& model, const Resolution& resolution, uint64_t seed, Start start,
             const InitServices& services = {});

  // Valid from apply() on.
  const BoundClaims& bound() const;
  const StartWeights& start_weights() const;
  // Calls each finish claim's function, in recipe order, guarded.
  void finish(sdk::FinishView& view);
  // Forward passes' visitors run guarded: the claim with its function wrapped.
  sdk::Forward guarded_forward(const ResolvedPass& pass) const;

  // Claimed tensors, live, under their qualified names ("lora.encoder.layer.0.attention.self.query.lora_A.weight").
  std::vector<model::NamedTensor> claimed_tensors() const;

  // The base model's parameters with every adapter's merged delta added, for parameters that are adapted (fp32).
  // Throws PluginError when a strategy's merged delta fails.
  std::vector<model::NamedTensor> merged_parameters(const model::Model& model) const;

  // Phases; each calls every strategy in recipe order, guarded. `where` supplies the host's side of the views.
  struct Where {
    int64_t step = 0;
    int64_t steps = 0;
    double epoch = 0;
  };
  void begin(const Where& where);
  // `trainable` are the tensors of this step with their gradients in place (tensor.grad()).
  void on_gradients(const Where& where, const std::vector<model::NamedTensor>& trainable);
  // Calls the project claim, if there is one, guarded, with a GradEdit over the same tensors.
  void project(const Where& where, const std::vector<model::NamedTensor>& trainable);
  void on_update(const Where& where);
  // Around an optimizer step, so that its time is known under Checks::strict.
  void step_begins();
  void step_ends();
  // Runs the backward pass of what is minimised. What functions of plugins in its graph throw is told as theirs.
  void backward(const at::Tensor& objective) const;
  // `passes`: what passes after training found.
  void end(const Where& where, const PassResults& passes = {});

  // save() and load() of each strategy, guarded. Load after apply(Start::restored) and after the claimed tensors have
  // been restored, before begin(). A state that names no strategy of this run, or a strategy without its state, is
  // refused with PluginError.
  std::vector<StrategyState> save_state() const;
  void load_state(const std::vector<StrategyState>& states);

  // Ends every strategy object before main returns; libraries stay loaded. Throws PluginError once all have ended.
  void shutdown();

  // What Checks::strict has seen; null: the checks are usual.
  const Watch* watch() const;

  struct State;  // strategies_state.hpp, for this room only

 private:
  explicit Strategies(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace engram::strategy

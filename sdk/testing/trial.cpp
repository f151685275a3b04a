#include "trial.hpp"

#include <ATen/core/grad_mode.h>

#include <numeric>

#include "base/errors.hpp"
#include "finish.hpp"
#include "setting_value.hpp"
#include "train/passes.hpp"

namespace engram::contract {
namespace {

constexpr uint64_t kSeed = 17;

recipe::Train training() {
  recipe::Train train;
  train.epochs = 3;
  train.batch_size = 4;
  train.accumulation = 2;
  train.learning_rate = 5e-3;
  train.clip = 0;  // so that a gradient that is not finite stays where it arose
  train.seed = kSeed;
  return train;
}

// Words by their bytes, between the marks of beginning and end.
std::vector<int64_t> tokenize(const std::string& text) {
  std::vector<int64_t> ids = {1};
  for (const char byte : text) ids.push_back(5 + static_cast<unsigned char>(byte) % 32);
  ids.push_back(2);
  return ids;
}

std::vector<int64_t> all_rows(const data::Examples& examples) {
  std::vector<int64_t> rows(static_cast<size_t>(examples.size()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}  // namespace

strategy::Strategies load(const sdk::ContractCase& contract) {
  recipe::StrategyEntry entry{.id = std::filesystem::absolute(contract.plugin).string(), .place = {"contract", 0}};
  for (const auto& [name, setting] : contract.settings) {
    entry.options.emplace_back(name, setting_value(setting));
  }
  return strategy::Strategies::load({entry}, {});
}

Trial::Trial(const sdk::ContractCase& contract, const Family& family)
    : model_(family.make()), strategies_(load(contract)), settings_(training()) {
  prepare();
  const strategy::InitServices services{.passes = run_passes(sdk::Pass::When::before_training), .tokenize = tokenize};
  strategies_.apply(*model_, resolution_, kSeed, strategy::Strategies::Start::fresh, services);
  trainer_ = make_trainer();
  strategies_.begin(trainer_->where());
}

Trial::Trial(const sdk::ContractCase& contract, const Family& family, const Saved& saved)
    : model_(family.make()), strategies_(load(contract)), settings_(training()) {
  prepare();
  strategies_.apply(*model_, resolution_, kSeed, strategy::Strategies::Start::restored);
  {
    const at::NoGradGuard no_grad;
    for (const model::NamedTensor& entry : live()) at::Tensor(entry.tensor).copy_(saved.tensors.at(entry.name));
  }
  strategies_.load_state(saved.strategies);
  trainer_ = make_trainer();
  trainer_->restore(saved.trainer, saved.step);
  strategies_.begin(trainer_->where());
}

void Trial::prepare() {
  Faults faults;
  resolution_ = strategy::resolve(model_->view(), strategies_.plan(model_->view()), data_facts(), faults);
  faults.raise<RecipeError>();
}

std::unique_ptr<train::Trainer> Trial::make_trainer() {
  const train::MixedData mixed = {{original_rows().name, &original_rows()}};
  return std::make_unique<train::Trainer>(*model_, strategies_, resolution_, new_rows(), settings_, mixed);
}

strategy::PassResults Trial::run_passes(sdk::Pass::When when) const {
  strategy::PassResults results;
  for (const strategy::ResolvedPass& pass : resolution_.passes) {
    if (pass.pass.when != when) continue;
    const bool adapters = when == sdk::Pass::When::after_training;
    const std::vector<int64_t> rows = train::choose_rows(original_rows().size(), pass.pass.samples, kSeed);
    if (const auto* squares = std::get_if<sdk::SquaredGradients>(&pass.pass.work)) {
      train::Squares found = train::squared_gradients(*model_, original_rows(), rows,
                                                      {.parameters = pass.parameters,
                                                       .labels = pass.labels,
                                                       .squares = squares->squares,
                                                       .batch_size = pass.pass.batch_size,
                                                       .seed = kSeed,
                                                       .adapters = adapters});
      results[pass.strategy + "." + pass.pass.name] = {{.samples = found.samples, .labels = pass.labels},
                                                       std::move(found.by_parameter)};
    } else {
      train::forward_pass(*model_, original_rows(), rows, strategies_.guarded_forward(pass), pass.pass.batch_size,
                          adapters);
    }
  }
  return results;
}

void Trial::finish() {
  Finishing view(*model_, strategies_, resolution_);
  strategies_.finish(view);
  strategies_.end(trainer_->where(), run_passes(sdk::Pass::When::after_training));
}

std::vector<model::NamedTensor> Trial::live() const {
  std::vector<model::NamedTensor> all = model_->parameters();
  for (model::NamedTensor& claimed : strategies_.claimed_tensors()) all.push_back(std::move(claimed));
  return all;
}

TensorsByName Trial::tensors() const {
  TensorsByName copies;
  for (const model::NamedTensor& entry : live()) copies[entry.name] = entry.tensor.detach().clone();
  return copies;
}

Saved Trial::save() const {
  Saved saved{.step = trainer_->done(), .tensors = tensors(), .strategies = strategies_.save_state()};
  for (const model::NamedTensor& entry : trainer_->state()) {
    saved.trainer.push_back({entry.name, entry.tensor.detach().clone()});
  }
  for (strategy::StrategyState& state : saved.strategies) {
    for (auto& [name, tensor] : state.tensors) tensor = tensor.detach().clone();
  }
  return saved;
}

at::Tensor logits(const model::Model& model) {
  const at::NoGradGuard no_grad;
  const data::Batch batch = data::pack(new_rows(), all_rows(new_rows()));
  return at::cat({model.logits(batch, "new", {}), model.logits(batch, "original", {})}, 1);
}

}  // namespace engram::contract

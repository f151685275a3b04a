#include "run_together.hpp"

#include "base/errors.hpp"
#include "kernels/device.hpp"
#include "support/tiny_bert.hpp"
#include "train/passes.hpp"

namespace engram::tests {
namespace {

constexpr const char* kNewTask = "wind";
constexpr const char* kOldTask = "season";
constexpr uint64_t kSeed = 17;

std::unique_ptr<model::Model> make_model() {
  auto model = model::load_model(golden_folder() / "model", kNewTask);
  const at::Generator generator = kernels::make_generator(at::kCPU, kSeed);
  const at::Tensor weight = at::randn({3, model->view().hidden}, generator), bias = at::zeros({3});
  model->set_head({kOldTask, {"autumn", "spring", "summer"}, weight, bias});
  model->add_fresh_head(kNewTask, model->find_head(kNewTask)->labels, generator);
  return model;
}

recipe::Train training() {
  recipe::Train train = golden_train("full");
  train.learning_rate = 1e-3;
  return train;
}

data::Examples rows_of(const std::string& task) {
  data::Examples rows = golden_examples();
  rows.name = task;
  rows.task = task;
  return rows;
}

class Candidates final : public sdk::FinishView {
 public:
  Candidates(const model::Model& model, const strategy::Resolution& resolution, const strategy::StartWeights& start)
      : model_(model), resolution_(resolution), start_(start) {}
  const sdk::ModelView& model() const override { return model_.view(); }
  std::vector<std::string> trained() const override {
    std::vector<std::string> names;
    for (const sdk::Parameter& parameter : model_.view().parameters) {
      const bool trains = resolution_.find(parameter.name)->ever_trains();
      if (trains && parameter.role != sdk::Role::head) names.push_back(parameter.name);
    }
    return names;
  }
  at::Tensor start(const std::string& name) const override { return start_.at(name); }
  at::Tensor parameter(const std::string& name) const override { return model_.parameter(name).detach(); }
  Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) override {
    for (const auto& [name, tensor] : weights) scored[label][name] = tensor.clone();
    return {};
  }

  std::map<std::string, std::map<std::string, at::Tensor>> scored;

 private:
  const model::Model& model_;
  const strategy::Resolution& resolution_;
  const strategy::StartWeights& start_;
};

}  // namespace

RunTogether::RunTogether(const std::vector<recipe::StrategyEntry>& entries)
    : new_rows_(rows_of(kNewTask)),
      old_rows_(rows_of(kOldTask)),
      settings_(training()),
      model_(make_model()),
      strategies_(
          strategy::Strategies::load(entries, {std::filesystem::path(ENGRAM_BINARY_DIR) / "lib/engram/plugins"})) {
  Faults faults;
  resolution_ =
      strategy::resolve(model_->view(), strategies_.plan(model_->view()),
                        {{.name = kOldTask, .task = kOldTask, .rows = old_rows_.size(), .classes = 3}}, faults);
  faults.raise<RecipeError>();
  strategies_.apply(*model_, resolution_, kSeed, strategy::Strategies::Start::fresh,
                    {.passes = run_passes(), .tokenize = {}, .carried = {}});
  trainer_ = std::make_unique<train::Trainer>(*model_, strategies_, resolution_, new_rows_, settings_,
                                              train::MixedData{{kOldTask, &old_rows_}});
  strategies_.begin(trainer_->where());
}

strategy::PassResults RunTogether::run_passes() const {
  strategy::PassResults results;
  for (const strategy::ResolvedPass& pass : resolution_.passes) {
    const auto rows = train::choose_rows(old_rows_.size(), pass.pass.samples, kSeed);
    train::Squares found =
        train::squared_gradients(*model_, old_rows_, rows, {.parameters = pass.parameters, .labels = pass.labels});
    results[pass.strategy + "." + pass.pass.name] = {{.samples = found.samples, .labels = pass.labels},
                                                     std::move(found.by_parameter)};
  }
  return results;
}

std::map<std::string, std::map<std::string, at::Tensor>> RunTogether::finish() {
  strategies_.end(trainer_->where());
  Candidates view(*model_, resolution_, strategies_.start_weights());
  strategies_.finish(view);
  return view.scored;
}

std::map<std::string, at::Tensor> RunTogether::tensors() const {
  std::map<std::string, at::Tensor> copies;
  for (const model::NamedTensor& entry : model_->parameters()) copies[entry.name] = entry.tensor.detach().clone();
  for (const model::NamedTensor& entry : strategies_.claimed_tensors()) {
    copies[entry.name] = entry.tensor.detach().clone();
  }
  return copies;
}

}  // namespace engram::tests

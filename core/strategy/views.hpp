// What strategies see in each phase: the host's side of the SDK's view classes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engram/sdk/strategy.hpp"
#include "model/model.hpp"
#include "strategy/strategies.hpp"

namespace engram::strategy {

using OwnTensors = std::map<std::string, at::Tensor>;  // by the strategy's own names

class HostInitView final : public sdk::InitView {
 public:
  // `strategy`: whose passes and carried tensors it sees.
  HostInitView(const std::string& strategy, const model::Model& model, const OwnTensors& tensors,
               at::Generator generator, const InitServices& services);
  const sdk::ModelView& model() const override { return model_.view(); }
  at::Tensor tensor(const std::string& name) const override;
  at::Tensor parameter(const std::string& name) const override;
  at::Generator generator() const override { return generator_; }
  at::Tensor squares(const std::string& pass, const std::string& parameter) const override;
  sdk::PassFacts pass(const std::string& pass) const override;
  std::vector<int64_t> tokenize(const std::string& text) const override;
  at::Tensor carried(const std::string& name) const override;
  void report(const std::string& line) override;

 private:
  const std::string& strategy_;
  const model::Model& model_;
  const OwnTensors& tensors_;
  at::Generator generator_;
  const InitServices& services_;
};

// What StepView needs of the run, beside where it is.
struct StepSources {
  const model::Model& model;
  const Resolution& resolution;
  const StartWeights& start;
  const PassResults& passes;  // of after training; empty before end()
};

class HostStepView final : public sdk::StepView {
 public:
  HostStepView(const std::string& strategy, const Strategies::Where& where, const OwnTensors& tensors,
               const StepSources& sources);
  int64_t step() const override { return where_.step; }
  int64_t steps() const override { return where_.steps; }
  double epoch() const override { return where_.epoch; }
  at::Tensor tensor(const std::string& name) const override;
  at::Tensor parameter(const std::string& name) const override;
  at::Tensor start(const std::string& name) const override;
  at::Tensor squares(const std::string& pass, const std::string& parameter) const override;

 private:
  const std::string& strategy_;
  const Strategies::Where& where_;
  const OwnTensors& tensors_;
  const StepSources& sources_;
};

class HostGradView final : public sdk::GradView {
 public:
  explicit HostGradView(const std::vector<model::NamedTensor>& trainable) : trainable_(trainable) {}
  std::vector<std::string> names() const override;
  at::Tensor gradient(const std::string& name) const override;

 private:
  const std::vector<model::NamedTensor>& trainable_;
};

class HostGradEdit final : public sdk::GradEdit {
 public:
  HostGradEdit(const std::vector<model::NamedTensor>& trainable, const HostStepView& where)
      : gradients_(trainable), where_(where) {}
  std::vector<std::string> names() const override { return gradients_.names(); }
  at::Tensor gradient(const std::string& name) const override { return gradients_.gradient(name); }
  const sdk::StepView& where() const override { return where_; }

 private:
  HostGradView gradients_;
  HostStepView where_;
};

class HostStateWriter final : public sdk::StateWriter {
 public:
  explicit HostStateWriter(StrategyState& state) : state_(state) {}
  void number(const std::string& name, double value) override;
  void text(const std::string& name, const std::string& value) override;
  void tensor(const std::string& name, const at::Tensor& value) override;

 private:
  StrategyState& state_;
};

class HostStateReader final : public sdk::StateReader {
 public:
  explicit HostStateReader(const StrategyState& state) : state_(state) {}
  double number(const std::string& name) const override;
  std::string text(const std::string& name) const override;
  at::Tensor tensor(const std::string& name) const override;

 private:
  const StrategyState& state_;
};

}  // namespace engram::strategy

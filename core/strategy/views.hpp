// What strategies see in each phase: the host's side of the SDK's view classes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/loan.hpp"
#include "engram/sdk/strategy.hpp"
#include "model/model.hpp"
#include "strategy/strategies.hpp"

namespace engram::strategy {

using OwnTensors = std::map<std::string, at::Tensor>;  // by the strategy's own names

// A view that is lent for the time of a call. The object outlives it, so that a plugin that has kept a reference meets
// an error and no freed memory.
class Lent {
 public:
  void close() { open_ = false; }

 protected:
  void open() { open_ = true; }
  // Throws sdk::Error after the call.
  void require_open() const;

 private:
  bool open_ = true;
};

class HostInitView final : public sdk::InitView, public Lent {
 public:
  // `strategy`: whose passes and carried tensors it sees. Everything else need not outlive the call.
  HostInitView(const std::string& strategy, const model::Model& model, const OwnTensors& tensors,
               at::Generator generator, const InitServices& services);
  const sdk::ModelView& model() const override;
  at::Tensor tensor(const std::string& name) const override;
  at::Tensor parameter(const std::string& name) const override;
  at::Generator generator() const override;
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
};

class HostStepView final : public sdk::StepView, public Lent {
 public:
  HostStepView(const std::string& strategy, const OwnTensors& tensors, const StepSources& sources)
      : strategy_(strategy), tensors_(tensors), sources_(sources) {}
  // For one call. `passes`: of after training; empty before end().
  void open(const Strategies::Where& where, const PassResults& passes);
  int64_t step() const override { return where().step; }
  int64_t steps() const override { return where().steps; }
  double epoch() const override { return where().epoch; }
  at::Tensor tensor(const std::string& name) const override;
  at::Tensor parameter(const std::string& name) const override;
  at::Tensor start(const std::string& name) const override;
  at::Tensor squares(const std::string& pass, const std::string& parameter) const override;

 private:
  const Strategies::Where& where() const;

  const std::string& strategy_;
  const OwnTensors& tensors_;
  StepSources sources_;
  Strategies::Where where_;
  const PassResults* passes_ = nullptr;
};

class HostGradView final : public sdk::GradView, public Lent {
 public:
  void open(const std::vector<model::NamedTensor>& trainable);
  std::vector<std::string> names() const override;
  at::Tensor gradient(const std::string& name) const override;

 private:
  const std::vector<model::NamedTensor>* trainable_ = nullptr;
};

class HostGradEdit final : public sdk::GradEdit, public Lent {
 public:
  void open(const std::vector<model::NamedTensor>& trainable, const sdk::StepView& where);
  void close();
  std::vector<std::string> names() const override { return gradients_.names(); }
  at::Tensor gradient(const std::string& name) const override { return gradients_.gradient(name); }
  const sdk::StepView& where() const override;

 private:
  HostGradView gradients_;
  const sdk::StepView* where_ = nullptr;
};

class HostStateWriter final : public sdk::StateWriter, public Lent {
 public:
  void open(StrategyState& state);
  void number(const std::string& name, double value) override;
  void text(const std::string& name, const std::string& value) override;
  void tensor(const std::string& name, const at::Tensor& value) override;

 private:
  void require_new(const std::string& name, bool is_known) const;

  StrategyState* state_ = nullptr;
};

class HostStateReader final : public sdk::StateReader, public Lent {
 public:
  void open(const StrategyState& state);
  double number(const std::string& name) const override;
  std::string text(const std::string& name) const override;
  at::Tensor tensor(const std::string& name) const override;

 private:
  const StrategyState* state_ = nullptr;
};

}  // namespace engram::strategy

#include "strategy/views.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "engram/sdk/error.hpp"
#include "strategy/claim_match.hpp"

namespace engram::strategy {
namespace {

// The entry of a map by name, or an sdk::Error that names the nearest.
template <class Map>
const typename Map::mapped_type& named(const Map& map, const std::string& name, const std::string& kind) {
  const auto found = map.find(name);
  if (found != map.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, value] : map) known.push_back(key);
  throw sdk::Error("there is no " + kind + " '" + name + "'" + text::did_you_mean(name, known));
}

at::Tensor model_parameter(const model::Model& model, const std::string& name) {
  std::vector<std::string> known;
  for (const sdk::Parameter& parameter : model.view().parameters) {
    if (parameter.name == name) return model.parameter(name).detach();
    known.push_back(parameter.name);
  }
  throw sdk::Error("the model has no parameter '" + name + "'" + text::did_you_mean(name, known));
}

// A pass of one strategy among the results of all.
const PassResult& pass_result(const PassResults& passes, const std::string& strategy, const std::string& pass) {
  const std::string space = strategy + ".";
  const auto found = passes.find(space + pass);
  if (found != passes.end()) return found->second;
  std::vector<std::string> own;
  for (const auto& [name, result] : passes) {
    if (name.rfind(space, 0) == 0) own.push_back(name.substr(space.size()));
  }
  throw sdk::Error("there is no result of a pass '" + pass + "' now" + text::did_you_mean(pass, own),
                   "claim it by plan.pass(): initialise() sees passes before training, end() those after it");
}

at::Tensor pass_squares(const PassResults& passes, const std::string& strategy, const std::string& pass,
                        const std::string& parameter) {
  return named(pass_result(passes, strategy, pass).squares, parameter, "squared gradient in pass '" + pass + "' of");
}

}  // namespace

void Lent::require_open() const {
  if (open_) return;
  throw sdk::Error("a view was used after the call that it was given to",
                   "keep what a view returns, never the view: it is valid during the call only");
}

HostInitView::HostInitView(const std::string& strategy, const model::Model& model, const OwnTensors& tensors,
                           at::Generator generator, const InitServices& services)
    : strategy_(strategy), model_(model), tensors_(tensors), generator_(std::move(generator)), services_(services) {}

const sdk::ModelView& HostInitView::model() const {
  require_open();
  return model_.view();
}

at::Generator HostInitView::generator() const {
  require_open();
  return generator_;
}

at::Tensor HostInitView::tensor(const std::string& name) const {
  require_open();
  return named(tensors_, name, "claimed tensor");
}

at::Tensor HostInitView::parameter(const std::string& name) const {
  require_open();
  return model_parameter(model_, name);
}

at::Tensor HostInitView::squares(const std::string& pass, const std::string& parameter) const {
  require_open();
  return pass_squares(services_.passes, strategy_, pass, parameter);
}

sdk::PassFacts HostInitView::pass(const std::string& pass) const {
  require_open();
  return pass_result(services_.passes, strategy_, pass).facts;
}

std::vector<int64_t> HostInitView::tokenize(const std::string& text) const {
  require_open();
  if (!services_.tokenize) throw sdk::Error("no tokenizer is at hand here");
  return services_.tokenize(text);
}

at::Tensor HostInitView::carried(const std::string& name) const {
  require_open();
  const at::Tensor& own = named(tensors_, name, "claimed tensor");
  const auto found = services_.carried.find(strategy_ + "." + name);
  if (found == services_.carried.end()) return {};
  if (found->second.sizes() == own.sizes()) return found->second.to(at::kCPU, at::kFloat);
  throw sdk::Error("the folder that the run starts from carries '" + name + "' with the shape " +
                       text::shape(found->second.sizes().vec()) + ", but here it has " + text::shape(own.sizes().vec()),
                   "start from a result of the same model and the same options, or delete the carried tensors' file");
}

void HostInitView::report(const std::string& line) {
  require_open();
  if (services_.report) services_.report(strategy_, line);
}

void HostStepView::open(const Strategies::Where& where, const PassResults& passes) {
  Lent::open();
  where_ = where;
  passes_ = &passes;
}

const Strategies::Where& HostStepView::where() const {
  require_open();
  return where_;
}

at::Tensor HostStepView::tensor(const std::string& name) const {
  require_open();
  return named(tensors_, name, "claimed tensor");
}

at::Tensor HostStepView::parameter(const std::string& name) const {
  require_open();
  return model_parameter(sources_.model, name);
}

at::Tensor HostStepView::start(const std::string& name) const {
  require_open();
  at::Tensor live = model_parameter(sources_.model, name);
  const ResolvedTensor* tensor = sources_.resolution.find(name);
  if (tensor == nullptr || !tensor->ever_trains()) return live;
  const std::vector<std::string>& kept = sources_.resolution.snapshot;
  if (std::find(kept.begin(), kept.end(), name) != kept.end()) return sources_.start.at(name);
  throw sdk::Error("no copy of '" + name + "' from before the first step was kept", "claim it by plan.snapshot()");
}

at::Tensor HostStepView::squares(const std::string& pass, const std::string& parameter) const {
  require_open();
  return pass_squares(*passes_, strategy_, pass, parameter);
}

void HostGradView::open(const std::vector<model::NamedTensor>& trainable) {
  Lent::open();
  trainable_ = &trainable;
}

std::vector<std::string> HostGradView::names() const {
  require_open();
  std::vector<std::string> names;
  for (const model::NamedTensor& entry : *trainable_) names.push_back(entry.name);
  return names;
}

at::Tensor HostGradView::gradient(const std::string& name) const {
  require_open();
  for (const model::NamedTensor& entry : *trainable_) {
    if (entry.name == name) return entry.tensor.grad();
  }
  throw sdk::Error("'" + name + "' does not train in this step" + text::did_you_mean(name, names()));
}

void HostGradEdit::open(const std::vector<model::NamedTensor>& trainable, const sdk::StepView& where) {
  Lent::open();
  gradients_.open(trainable);
  where_ = &where;
}

void HostGradEdit::close() {
  Lent::close();
  gradients_.close();
}

const sdk::StepView& HostGradEdit::where() const {
  require_open();
  return *where_;
}

void HostStateWriter::open(StrategyState& state) {
  Lent::open();
  state_ = &state;
}

void HostStateWriter::require_new(const std::string& name, bool is_known) const {
  require_open();
  if (is_known) throw sdk::Error("it saves '" + name + "' twice", "give everything that is saved its own name");
}

void HostStateWriter::number(const std::string& name, double value) {
  require_new(name, state_->numbers.contains(name));
  state_->numbers[name] = value;
}

void HostStateWriter::text(const std::string& name, const std::string& value) {
  require_new(name, state_->texts.contains(name));
  if (first_invalid_utf8(value) || first_invalid_utf8(name)) {
    throw sdk::Error("the text '" + name + "' that it saves is not UTF-8", "save bytes as a tensor");
  }
  state_->texts[name] = value;
}

void HostStateWriter::tensor(const std::string& name, const at::Tensor& value) {
  require_new(name, state_->tensors.contains(name));
  if (!value.defined()) {
    throw sdk::Error("the tensor '" + name + "' that it saves is undefined", "save only what is there");
  }
  state_->tensors[name] = value.detach().cpu().clone();
}

void HostStateReader::open(const StrategyState& state) {
  Lent::open();
  state_ = &state;
}

double HostStateReader::number(const std::string& name) const {
  require_open();
  return named(state_->numbers, name, "saved number");
}

std::string HostStateReader::text(const std::string& name) const {
  require_open();
  return named(state_->texts, name, "saved text");
}

at::Tensor HostStateReader::tensor(const std::string& name) const {
  require_open();
  return named(state_->tensors, name, "saved tensor");
}

}  // namespace engram::strategy

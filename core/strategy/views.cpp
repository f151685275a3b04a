#include "strategy/views.hpp"

#include <algorithm>

#include "base/text.hpp"
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

HostInitView::HostInitView(const std::string& strategy, const model::Model& model, const OwnTensors& tensors,
                           at::Generator generator, const InitServices& services)
    : strategy_(strategy), model_(model), tensors_(tensors), generator_(std::move(generator)), services_(services) {}

at::Tensor HostInitView::tensor(const std::string& name) const { return named(tensors_, name, "claimed tensor"); }
at::Tensor HostInitView::parameter(const std::string& name) const { return model_parameter(model_, name); }

at::Tensor HostInitView::squares(const std::string& pass, const std::string& parameter) const {
  return pass_squares(services_.passes, strategy_, pass, parameter);
}

sdk::PassFacts HostInitView::pass(const std::string& pass) const {
  return pass_result(services_.passes, strategy_, pass).facts;
}

std::vector<int64_t> HostInitView::tokenize(const std::string& text) const {
  if (!services_.tokenize) throw sdk::Error("no tokenizer is at hand here");
  return services_.tokenize(text);
}

at::Tensor HostInitView::carried(const std::string& name) const {
  const at::Tensor& own = named(tensors_, name, "claimed tensor");
  const auto found = services_.carried.find(strategy_ + "." + name);
  if (found == services_.carried.end()) return {};
  if (found->second.sizes() == own.sizes()) return found->second.to(at::kCPU, at::kFloat);
  throw sdk::Error("the folder that the run starts from carries '" + name + "' with the shape " +
                       text::shape(found->second.sizes().vec()) + ", but here it has " + text::shape(own.sizes().vec()),
                   "start from a result of the same model and the same options, or delete the carried tensors' file");
}

void HostInitView::report(const std::string& line) {
  if (services_.report) services_.report(strategy_, line);
}

HostStepView::HostStepView(const std::string& strategy, const Strategies::Where& where, const OwnTensors& tensors,
                           const StepSources& sources)
    : strategy_(strategy), where_(where), tensors_(tensors), sources_(sources) {}

at::Tensor HostStepView::tensor(const std::string& name) const { return named(tensors_, name, "claimed tensor"); }
at::Tensor HostStepView::parameter(const std::string& name) const { return model_parameter(sources_.model, name); }

at::Tensor HostStepView::start(const std::string& name) const {
  at::Tensor live = model_parameter(sources_.model, name);
  const ResolvedTensor* tensor = sources_.resolution.find(name);
  if (tensor == nullptr || !tensor->ever_trains()) return live;
  const std::vector<std::string>& kept = sources_.resolution.snapshot;
  if (std::find(kept.begin(), kept.end(), name) != kept.end()) return sources_.start.at(name);
  throw sdk::Error("no copy of '" + name + "' from before the first step was kept", "claim it by plan.snapshot()");
}

at::Tensor HostStepView::squares(const std::string& pass, const std::string& parameter) const {
  return pass_squares(sources_.passes, strategy_, pass, parameter);
}

std::vector<std::string> HostGradView::names() const {
  std::vector<std::string> names;
  for (const model::NamedTensor& entry : trainable_) names.push_back(entry.name);
  return names;
}

at::Tensor HostGradView::gradient(const std::string& name) const {
  for (const model::NamedTensor& entry : trainable_) {
    if (entry.name == name) return entry.tensor.grad();
  }
  throw sdk::Error("'" + name + "' does not train in this step" + text::did_you_mean(name, names()));
}

void HostStateWriter::number(const std::string& name, double value) { state_.numbers[name] = value; }
void HostStateWriter::text(const std::string& name, const std::string& value) { state_.texts[name] = value; }

void HostStateWriter::tensor(const std::string& name, const at::Tensor& value) {
  state_.tensors[name] = value.detach().cpu().clone();
}

double HostStateReader::number(const std::string& name) const { return named(state_.numbers, name, "saved number"); }
std::string HostStateReader::text(const std::string& name) const { return named(state_.texts, name, "saved text"); }
at::Tensor HostStateReader::tensor(const std::string& name) const {
  return named(state_.tensors, name, "saved tensor");
}

}  // namespace engram::strategy

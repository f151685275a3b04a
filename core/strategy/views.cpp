#include "strategy/views.hpp"

#include "base/text.hpp"
#include "engram/sdk/error.hpp"

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

}  // namespace

HostInitView::HostInitView(const model::Model& model, const OwnTensors& tensors, at::Generator generator)
    : model_(model), tensors_(tensors), generator_(std::move(generator)) {}

at::Tensor HostInitView::tensor(const std::string& name) const { return named(tensors_, name, "claimed tensor"); }
at::Tensor HostInitView::parameter(const std::string& name) const { return model_parameter(model_, name); }

HostStepView::HostStepView(const Strategies::Where& where, const model::Model& model, const OwnTensors& tensors)
    : where_(where), model_(model), tensors_(tensors) {}

at::Tensor HostStepView::tensor(const std::string& name) const { return named(tensors_, name, "claimed tensor"); }
at::Tensor HostStepView::parameter(const std::string& name) const { return model_parameter(model_, name); }

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

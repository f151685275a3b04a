#include "checkpoint/adapter.hpp"

#include <functional>

#include "checkpoint/peft_names.hpp"
#include "engram/sdk/dora.hpp"

namespace engram::checkpoint {
namespace {

void for_each_tensor(Adapter& adapter, const std::function<void(at::Tensor&)>& visit) {
  for (PeftUpdate& update : adapter.updates) {
    for (at::Tensor* tensor : {&update.a, &update.b, &update.magnitude}) visit(*tensor);
  }
  if (adapter.virtual_tokens) visit(adapter.virtual_tokens->rows);
  for (model::NamedTensor& parameter : adapter.parameters) visit(parameter.tensor);
  visit(adapter.head_weight);
  visit(adapter.head_bias);
}

}  // namespace

model::BoundAdapter PeftUpdate::bound(at::Device device) const {
  if (!magnitude.defined()) return model::BoundLowRank{.a = a.to(device), .b = b.to(device), .scale = scale};
  const std::map<std::string, at::Tensor> tensors = {
      {"a", a.to(device)}, {"b", b.to(device)}, {"magnitude", magnitude.to(device)}};
  return model::BoundCustom{.adapter = sdk::dora({.a = "a", .b = "b", .scale = scale}, "magnitude"),
                            .tensor = [tensors](const std::string& name) { return tensors.at(name); }};
}

void VirtualTokens::attach_to(model::Model& model) const {
  const at::Tensor placed = rows.to(model.device());
  const int64_t tokens = placed.size(0);
  if (kind == Kind::prompt) return model.attach_prompt({tokens, [placed] { return placed; }});
  for (const sdk::AttentionSite& site : model.view().attention_sites) {
    const int64_t width = key_width(site);
    const at::Tensor keys = placed.narrow(1, 2 * site.layer * width, width).contiguous();
    const at::Tensor values = placed.narrow(1, (2 * site.layer + 1) * width, width).contiguous();
    model.attach_prefix(site.name, {tokens, [keys, values] { return sdk::KeysValues{keys, values}; }});
  }
}

int64_t Adapter::bytes() const {
  int64_t sum = 0;
  Adapter copy = *this;
  for_each_tensor(copy,
                  [&](at::Tensor& tensor) { sum += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0; });
  return sum;
}

void Adapter::move_to(at::Device device) {
  for_each_tensor(*this, [&](at::Tensor& tensor) {
    if (tensor.defined()) tensor = tensor.to(device);
  });
}

Attached::Attached(model::Model& model, const Adapter& adapter, model::Head head) : model_(model) {
  if (const model::Head* before = model.find_head(head.task)) head_before_ = *before;
  if (!adapter.parameters.empty()) {
    std::map<std::string, at::Tensor> values;
    for (const model::NamedTensor& entry : adapter.parameters) values[entry.name] = entry.tensor;
    parameters_.emplace(model, values);
  }
  model.set_head(std::move(head));
  for (const PeftUpdate& update : adapter.updates) model.attach(update.site, update.bound(model.device()));
  if (adapter.virtual_tokens) adapter.virtual_tokens->attach_to(model);
}

Attached::~Attached() {
  model_.detach_all();
  if (head_before_) model_.set_head(*head_before_);
}

}  // namespace engram::checkpoint

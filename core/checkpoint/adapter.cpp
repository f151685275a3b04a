#include "checkpoint/adapter.hpp"

#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_names.hpp"

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

std::string base_named_by(const std::filesystem::path& folder) {
  const Json json = read_json(folder / kAdapterConfigFile);
  const auto found = json.find("base_model_name_or_path");
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Adapter read_adapter(const std::filesystem::path& folder, const sdk::ModelView& view) {
  Adapter adapter{.folder = folder, .peft_type = peft_type_of(folder), .base = base_named_by(folder)};
  if (holds_virtual_tokens(folder)) {
    adapter.virtual_tokens = read_virtual_tokens(folder, view);
    adapter.head_weight = adapter.virtual_tokens->head_weight;
    adapter.head_bias = adapter.virtual_tokens->head_bias;
    return adapter;
  }
  const std::string task = "adapter";
  PeftAdapter lora = read_peft_adapter(folder, view, task);
  adapter.updates = std::move(lora.updates);
  for (model::NamedTensor& entry : lora.parameters) {
    const at::Tensor value = entry.tensor.to(at::kFloat);
    if (entry.name == "heads." + task + ".weight") {
      adapter.head_weight = value;
    } else if (entry.name == "heads." + task + ".bias") {
      adapter.head_bias = value;
    } else {
      adapter.parameters.push_back({entry.name, value});
    }
  }
  return adapter;
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

#include <map>
#include <set>

#include "base/errors.hpp"
#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_names.hpp"
#include "engram/sdk/dora.hpp"
#include "model/safetensors.hpp"
#include "model/view_lookup.hpp"

namespace engram::checkpoint {
namespace {

// Sorts the file's keys into updates, biases and the head; what fits nowhere is a fault.
class AdapterReader {
 public:
  AdapterReader(const std::filesystem::path& folder, const sdk::ModelView& view, const std::string& task)
      : folder_(folder), view_(view), task_(task), config_(folder, faults_), weights_(folder / kAdapterWeightsFile) {}

  PeftAdapter read() {
    for (const auto& entry : weights_.header().entries) take(entry.name);
    PeftAdapter adapter;
    for (auto& [site, update] : updates_) {
      if (complete(update)) settle(update);
      adapter.updates.push_back(std::move(update));
    }
    if (adapter.updates.empty()) fault("it holds no low-rank pair", "");
    for (const char* part : {"weight", "bias"}) {
      if (head_.count(part) == 0) fault("the key '" + std::string(kAdapterHeadPrefix) + part + "' is missing", "");
    }
    faults_.raise<DataError>();
    adapter.parameters = std::move(parameters_);
    return adapter;
  }

 private:
  void fault(const std::string& what, const std::string& allowed) {
    faults_.add({.what = "the adapter cannot be used: " + what, .where = folder_.string(), .allowed = allowed});
  }

  void take(const std::string& key) {
    const std::string trunk = kAdapterKeyPrefix + view_.family + ".";
    const std::string part = key.starts_with(kAdapterHeadPrefix) ? key.substr(kAdapterHeadPrefix.size()) : "";
    if (part == "weight" || part == "bias") {
      head_.insert(part);
      parameters_.push_back({"heads." + task_ + "." + part, weights_.tensor(key)});
      return;
    }
    const std::string name = key.starts_with(trunk) ? key.substr(trunk.size()) : "";
    if (name.ends_with(".lora_A.weight")) return take_part(name, ".lora_A.weight", &PeftUpdate::a, key);
    if (name.ends_with(".lora_B.weight")) return take_part(name, ".lora_B.weight", &PeftUpdate::b, key);
    if (config_.dora() && name.ends_with(kMagnitudeEnding)) {
      return take_part(name, kMagnitudeEnding, &PeftUpdate::magnitude, key);
    }
    take_bias(name, key);
  }

  void take_part(const std::string& name, const std::string& ending, at::Tensor PeftUpdate::*part,
                 const std::string& key) {
    const std::string site = name.substr(0, name.size() - ending.size());
    if (model::linear_site_named(view_, site) == nullptr)
      return fault("the model has no linear site '" + site + "'", "");
    updates_[site].site = site;
    updates_[site].*part = weights_.tensor(key).to(at::kFloat);
  }

  void take_bias(const std::string& name, const std::string& key) {
    std::string parameter = name;
    const size_t inner = parameter.find(".base_layer.");
    if (inner != std::string::npos) parameter.erase(inner, std::string(".base_layer").size());
    const sdk::Parameter* known = is_bias(parameter) ? model::parameter_named(view_, parameter) : nullptr;
    if (known == nullptr || known->role == sdk::Role::head) return fault("the key '" + key + "' is unexpected", "");
    const at::Tensor value = weights_.tensor(key);
    if (value.sizes() != at::IntArrayRef(known->shape)) return fault("the shape of '" + key + "' does not fit", "");
    parameters_.push_back({parameter, value});
  }

  bool complete(const PeftUpdate& update) {
    const size_t before = faults_.size();
    const std::string what = "the site '" + update.site + "' has no ";
    if (!update.a.defined()) fault(what + "lora_A", "");
    if (!update.b.defined()) fault(what + "lora_B", "");
    if (config_.dora() && !update.magnitude.defined()) fault(what + "lora_magnitude_vector", "");
    return faults_.size() == before;
  }

  // Checks the shapes and reads the scale.
  void settle(PeftUpdate& update) {
    const sdk::LinearSite& facts = *model::linear_site_named(view_, update.site);
    const int64_t rank = update.a.dim() == 2 ? update.a.size(0) : 0;
    const bool magnitude_fits = !config_.dora() || update.magnitude.sizes() == at::IntArrayRef({facts.out});
    if (rank == 0 || update.a.sizes() != at::IntArrayRef({rank, facts.in}) ||
        update.b.sizes() != at::IntArrayRef({facts.out, rank}) || !magnitude_fits) {
      const std::string out = std::to_string(facts.out);
      return fault("the shapes at '" + update.site + "' do not fit",
                   "A (rank, " + std::to_string(facts.in) + "), B (" + out + ", rank)" +
                       (config_.dora() ? ", magnitudes (" + out + ")" : ""));
    }
    update.scale = config_.scale_of(peft_module(view_, update.site), rank, faults_);
  }

  std::filesystem::path folder_;
  const sdk::ModelView& view_;
  std::string task_;
  Faults faults_;
  PeftLoraConfig config_;
  model::SafetensorsFile weights_;
  std::map<std::string, PeftUpdate> updates_;
  std::vector<model::NamedTensor> parameters_;
  std::set<std::string> head_;
};

}  // namespace

model::BoundAdapter PeftUpdate::bound(at::Device device) const {
  if (!magnitude.defined()) return model::BoundLowRank{.a = a.to(device), .b = b.to(device), .scale = scale};
  const std::map<std::string, at::Tensor> tensors = {
      {"a", a.to(device)}, {"b", b.to(device)}, {"magnitude", magnitude.to(device)}};
  return model::BoundCustom{.adapter = sdk::dora({.a = "a", .b = "b", .scale = scale}, "magnitude"),
                            .tensor = [tensors](const std::string& name) { return tensors.at(name); }};
}

PeftAdapter read_peft_adapter(const std::filesystem::path& folder, const sdk::ModelView& view,
                              const std::string& task) {
  return AdapterReader(folder, view, task).read();
}

}  // namespace engram::checkpoint

#include <map>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_adapter.hpp"
#include "checkpoint/peft_names.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

const sdk::LinearSite* site_named(const sdk::ModelView& view, const std::string& name) {
  for (const sdk::LinearSite& site : view.linear_sites) {
    if (site.name == name) return &site;
  }
  return nullptr;
}

// Sorts the file's keys into pairs, biases and the head; what fits nowhere is a fault.
class AdapterReader {
 public:
  AdapterReader(const std::filesystem::path& folder, const sdk::ModelView& view, const std::string& task)
      : folder_(folder),
        view_(view),
        task_(task),
        config_(read_json(folder / kAdapterConfigFile)),
        weights_(folder / kAdapterWeightsFile) {}

  PeftAdapter read() {
    if (config_.value("peft_type", "") != "LORA") {
      fault("peft_type is '" + config_.value("peft_type", "") + "'", "LORA");
      faults_.raise<DataError>();
    }
    for (const char* key : {"use_dora", "use_rslora", "fan_in_fan_out", "lora_bias"}) {
      if (config_.value(key, false)) fault(std::string(key) + " is true", "false");
    }
    for (const auto& entry : weights_.header().entries) take(entry.name);
    PeftAdapter adapter{.parameters = std::move(parameters_), .base = config_.value("base_model_name_or_path", "")};
    for (auto& [site, halves] : halves_) {
      if (!halves.a.defined()) fault("the site '" + site + "' has no lora_A", "");
      if (!halves.b.defined()) fault("the site '" + site + "' has no lora_B", "");
      if (halves.a.defined() && halves.b.defined()) adapter.pairs.push_back({site, bind(site, halves)});
    }
    if (adapter.pairs.empty()) fault("it holds no low-rank pair", "");
    faults_.raise<DataError>();
    return adapter;
  }

 private:
  struct Halves {
    at::Tensor a, b;
  };

  void fault(const std::string& what, const std::string& allowed) {
    faults_.add({.what = "the adapter cannot be used: " + what, .where = folder_.string(), .allowed = allowed});
  }

  void take(const std::string& key) {
    const std::string trunk = kAdapterKeyPrefix + view_.family + ".";
    const std::string part = key.starts_with(kAdapterHeadPrefix) ? key.substr(kAdapterHeadPrefix.size()) : "";
    if (part == "weight" || part == "bias") {
      parameters_.push_back({"heads." + task_ + "." + part, weights_.tensor(key)});
      return;
    }
    const std::string name = key.starts_with(trunk) ? key.substr(trunk.size()) : "";
    if (name.ends_with(".lora_A.weight")) return take_half(name, ".lora_A.weight", &Halves::a, key);
    if (name.ends_with(".lora_B.weight")) return take_half(name, ".lora_B.weight", &Halves::b, key);
    std::string parameter = name;
    const size_t inner = parameter.find(".base_layer.");
    if (inner != std::string::npos) parameter.erase(inner, std::string(".base_layer").size());
    if (is_bias(parameter) && parameter_named(view_, parameter) != nullptr) {
      parameters_.push_back({parameter, weights_.tensor(key)});
    } else {
      fault("the key '" + key + "' is unexpected", "");
    }
  }

  void take_half(const std::string& name, const std::string& ending, at::Tensor Halves::*half, const std::string& key) {
    const std::string site = name.substr(0, name.size() - ending.size());
    if (site_named(view_, site) == nullptr) return fault("the model has no linear site '" + site + "'", "");
    halves_[site].*half = weights_.tensor(key).to(at::kFloat);
  }

  model::BoundLowRank bind(const std::string& site, const Halves& halves) {
    const sdk::LinearSite& facts = *site_named(view_, site);
    const int64_t rank = halves.a.size(0);
    if (halves.a.sizes() != at::IntArrayRef({rank, facts.in}) ||
        halves.b.sizes() != at::IntArrayRef({facts.out, rank})) {
      fault("the shapes at '" + site + "' do not fit",
            "A (rank, " + std::to_string(facts.in) + "), B (" + std::to_string(facts.out) + ", rank)");
    }
    const std::string module = peft_module(view_, site);
    double alpha = config_.value("lora_alpha", 8.0);
    if (config_.contains("alpha_pattern") && config_["alpha_pattern"].contains(module)) {
      alpha = config_["alpha_pattern"][module].get<double>();
    }
    return {.a = halves.a, .b = halves.b, .scale = alpha / static_cast<double>(rank)};
  }

  std::filesystem::path folder_;
  const sdk::ModelView& view_;
  std::string task_;
  Json config_;
  model::SafetensorsFile weights_;
  std::map<std::string, Halves> halves_;
  std::vector<model::NamedTensor> parameters_;
  Faults faults_;
};

}  // namespace

PeftAdapter read_peft_adapter(const std::filesystem::path& folder, const sdk::ModelView& view,
                              const std::string& task) {
  return AdapterReader(folder, view, task).read();
}

}  // namespace engram::checkpoint

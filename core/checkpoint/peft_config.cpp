#include "checkpoint/peft_config.hpp"

#include <cmath>
#include <regex>
#include <set>

#include "base/text.hpp"
#include "checkpoint/peft_names.hpp"

namespace engram::checkpoint {
namespace {

// Keys that either say how the adapter was trained, or are read here.
const std::set<std::string> kKnown = {"alpha_pattern",
                                      "auto_mapping",
                                      "base_model_name_or_path",
                                      "bias",
                                      "ensure_weight_tying",
                                      "exclude_modules",
                                      "inference_mode",
                                      "init_lora_weights",
                                      "layers_pattern",
                                      "layers_to_transform",
                                      "lora_alpha",
                                      "lora_dropout",
                                      "megatron_core",
                                      "modules_to_save",
                                      "peft_type",
                                      "peft_version",
                                      "qalora_group_size",
                                      "r",
                                      "rank_pattern",
                                      "revision",
                                      "target_modules",
                                      "task_type",
                                      "use_dora",
                                      "use_rslora"};

// First values that leave the base model as it was; the others subtract from its weights.
const std::set<std::string> kHarmlessInit = {"true", "false", "\"gaussian\"", "\"orthogonal\"", "\"eva\""};

bool says_nothing(const Json& value) {
  const bool is_empty_text = value.is_string() && value.get<std::string>().empty();
  return value.is_null() || value == false || is_empty_text || (value.is_structured() && value.empty());
}

}  // namespace

std::string peft_type_of(const std::filesystem::path& folder) {
  const Json json = read_json(folder / kAdapterConfigFile);
  const auto found = json.find("peft_type");
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

PeftLoraConfig::PeftLoraConfig(const std::filesystem::path& folder, Faults& faults)
    : file_(folder / kAdapterConfigFile), json_(read_json(file_)) {
  const std::string type = peft_type_of(folder);
  if (type != "LORA") throw DataError(fault("peft_type is '" + type + "'", "LORA"));
  check_keys(faults);
}

Fault PeftLoraConfig::fault(const std::string& what, const std::string& allowed) const {
  return {.what = "the adapter cannot be used: " + what, .where = file_.string(), .allowed = allowed};
}

void PeftLoraConfig::check_keys(Faults& faults) const {
  for (const auto& [key, value] : json_.items()) {
    if (kKnown.count(key) > 0 || says_nothing(value)) continue;
    faults.add(fault(key + " is " + value.dump(), "null, false or empty"));
  }
  for (const char* key : {"use_dora", "use_rslora"}) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_boolean() || says_nothing(*found)) continue;
    faults.add(fault(key + std::string(" is ") + found->dump(), "true or false"));
  }
  const auto init = json_.find("init_lora_weights");
  if (init != json_.end() && kHarmlessInit.count(init->dump()) == 0) {
    faults.add(fault("init_lora_weights is " + init->dump() + ", which changes the base model's weights",
                     "true, false, \"gaussian\", \"orthogonal\", \"eva\""));
  }
}

bool PeftLoraConfig::is_true(const char* key) const {
  const auto found = json_.find(key);
  return found != json_.end() && *found == true;
}

double PeftLoraConfig::number_for(const std::string& module, const char* table, const char* otherwise, double fallback,
                                  Faults& faults) const {
  const auto number = [&](const Json& value, const std::string& name) {
    if (value.is_number()) return value.get<double>();
    faults.add(fault(name + " is " + value.dump(), "a number"));
    return fallback;
  };
  const auto patterns = json_.find(table);
  if (patterns != json_.end() && patterns->is_object()) {
    for (const auto& [key, value] : patterns->items()) {
      try {
        if (!std::regex_match(module, std::regex("(.*\\.)?(" + key + ")"))) continue;
      } catch (const std::regex_error&) {
        faults.add(fault(std::string(table) + " has the key '" + key + "'", "a regular expression"));
        continue;
      }
      return number(value, std::string(table) + "." + key);
    }
  }
  return json_.contains(otherwise) ? number(json_[otherwise], otherwise) : fallback;
}

double PeftLoraConfig::scale_of(const std::string& module, int64_t rank, Faults& faults) const {
  const double said = number_for(module, "rank_pattern", "r", 8, faults);
  if (said != static_cast<double>(rank)) {
    faults.add(fault(
        "the config gives " + module + " the rank " + text::shortest(said) + ", the file " + std::to_string(rank), ""));
  }
  const double alpha = number_for(module, "alpha_pattern", "lora_alpha", 8, faults);
  const auto size = static_cast<double>(rank);
  return alpha / (is_true("use_rslora") ? std::sqrt(size) : size);
}

}  // namespace engram::checkpoint

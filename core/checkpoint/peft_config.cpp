#include "checkpoint/peft_config.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/json_depth.hpp"
#include "base/text.hpp"
#include "checkpoint/peft_words.hpp"
#include "hub/reference.hpp"

namespace engram::checkpoint {
namespace {

using Keys = std::set<std::string>;

constexpr int kDeepestNesting = 16;
constexpr size_t kLongestShown = 80;

// Keys that either say how an adapter was trained, or are read.
const Keys kOfAll = {"auto_mapping",   "base_model_name_or_path",
                     "inference_mode", "modules_to_save",
                     "peft_type",      "peft_version",
                     "revision",       "task_type"};
const Keys kOfLora = {"alpha_pattern", "bias", "exclude_modules", "init_lora_weights",   "layers_pattern", "lora_alpha",
                      "lora_dropout",  "r",    "rank_pattern",    "layers_to_transform", "target_modules", "use_dora",
                      "use_rslora"};
const Keys kOfTokens = {"num_attention_heads", "num_layers", "num_transformer_submodules", "num_virtual_tokens",
                        "token_dim"};
const Keys kOfPrefixes = {"encoder_hidden_size", "init_weights", "prefix_projection"};
const Keys kOfPrompts = {"prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_kwargs", "tokenizer_name_or_path"};

// What peft writes for variants of LoRA that are not in use, where that is neither null, false nor empty.
const std::map<std::string, Json> kUnusedVariants = {{"megatron_core", "megatron.core"}, {"qalora_group_size", 16}};

// First values that leave the base model as it was; the others subtract from its weights.
const Keys kHarmlessInit = {"null", "true", "false", "\"gaussian\"", "\"orthogonal\"", "\"eva\""};

const Keys kHeadNames = {"classifier", "score"};

Keys known_keys(const std::string& type) {
  Keys keys = kOfAll;
  const auto add = [&](const Keys& more) { keys.insert(more.begin(), more.end()); };
  if (type == kLoraType) return add(kOfLora), keys;
  add(kOfTokens);
  add(type == kPrefixType ? kOfPrefixes : kOfPrompts);
  return keys;
}

bool says_nothing(const Json& value) {
  const bool is_empty_text = value.is_string() && value.get<std::string>().empty();
  return value.is_null() || value == false || is_empty_text || (value.is_structured() && value.empty());
}

Json read_shallow(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  if (nests_deeper_than(text, kDeepestNesting)) {
    throw DataError(
        {.what = "nests more than " + std::to_string(kDeepestNesting) + " levels deep", .where = file.string()});
  }
  Json json = parse_json(text, file.string());
  if (!json.is_object()) throw DataError({.what = "is no JSON object", .where = file.string()});
  return json;
}

std::string base_in(const Json& config) {
  const auto text_at = [&](const char* key) {
    const auto found = config.find(key);
    return found != config.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const std::string name = text_at("base_model_name_or_path");
  const std::string pinned = name + "@" + text_at("revision");
  return hub::parse_reference(pinned) ? pinned : name;
}

bool is_whole(const Json& value) {
  return value.is_number_integer() || (value.is_number_float() && std::abs(value.get<double>()) < 1e15 &&
                                       value.get<double>() == std::floor(value.get<double>()));
}

}  // namespace

std::string shown(const Json& value) {
  const std::string text = value.dump();
  return text.size() <= kLongestShown ? text : text.substr(0, kLongestShown) + "...";
}

std::string base_named_by(const std::filesystem::path& folder) {
  const Json json = read_shallow(folder / kAdapterConfigFile);
  return base_in(json);
}

PeftConfig::PeftConfig(const std::filesystem::path& folder, Faults& faults)
    : faults_(faults, folder / kAdapterConfigFile), json_(read_shallow(folder / kAdapterConfigFile)) {
  type_ = text("peft_type");
  if (type_ != kLoraType && type_ != kPrefixType && type_ != kPromptType) {
    const Json* said = find("peft_type");
    throw DataError(faults_.fault(said == nullptr ? "peft_type is missing" : "peft_type is " + shown(*said),
                                  "\"LORA\", \"PREFIX_TUNING\", \"PROMPT_TUNING\"",
                                  said == nullptr ? "" : "merge it with peft (merge_and_unload) and use that folder"));
  }
  check_keys();
  check_flags();
  check_task();
}

std::string PeftConfig::base() const { return base_in(json_); }

void PeftConfig::check_keys() const {
  const Keys known = known_keys(type_);
  for (const auto& [key, value] : json_.items()) {
    if (known.contains(key) || says_nothing(value)) continue;
    const auto unused = kUnusedVariants.find(key);
    if (unused == kUnusedVariants.end() || type_ != kLoraType) {
      faults_.add(key + " is " + shown(value), "null, false or empty");
    } else if (value != unused->second) {
      faults_.add(key + " is " + shown(value), "null or " + unused->second.dump());
    }
  }
}

void PeftConfig::check_flags() const {
  for (const char* key : {"use_dora", "use_rslora", "prefix_projection"}) {
    const Json* value = find(key);
    if (value != nullptr && !value->is_boolean() && !says_nothing(*value)) {
      faults_.add(key + std::string(" is ") + shown(*value), "true or false");
    }
  }
  const Json* init = find("init_lora_weights");
  if (init != nullptr && !kHarmlessInit.contains(init->dump())) {
    faults_.add("init_lora_weights is " + shown(*init) + ", which changes the base model's weights",
                "true, false, \"gaussian\", \"orthogonal\", \"eva\"");
  }
  const std::string bias = text("bias");
  const Json* said = find("bias");
  if (said != nullptr && bias != "none" && bias != "all" && bias != "lora_only") {
    faults_.add("bias is " + shown(*said), "\"none\", \"all\", \"lora_only\"");
  }
}

// Other classes' heads have the same names and shapes and read something else.
void PeftConfig::check_task() const {
  const std::string task = task_type();
  if (!task.empty() && task != "SEQ_CLS" && task != "FEATURE_EXTRACTION") {
    faults_.add("task_type is \"" + task + "\"", "\"SEQ_CLS\", \"FEATURE_EXTRACTION\" or null");
  }
  const Json* mapping = find("auto_mapping");
  if (mapping == nullptr || !mapping->is_object() || !mapping->contains("base_model_class")) return;
  const Json& name = mapping->at("base_model_class");
  if (name != "BertForSequenceClassification" && name != "BertModel") {
    faults_.add("it was trained on a " + shown(name), "\"BertForSequenceClassification\", \"BertModel\"");
  }
}

const Json* PeftConfig::find(const std::string& key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

bool PeftConfig::is_true(const std::string& key) const {
  const Json* value = find(key);
  return value != nullptr && *value == true;
}

std::string PeftConfig::text(const std::string& key) const {
  const Json* value = find(key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::vector<std::string> PeftConfig::texts(const std::string& key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->get<std::string>()};
  const bool sound =
      value->is_array() && std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
  if (sound) return value->get<std::vector<std::string>>();
  return faults_.add(key + " is " + shown(*value), "a list of names, or one name"), std::vector<std::string>();
}

std::vector<int64_t> PeftConfig::whole_numbers(const std::string& key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (is_whole(*value)) return {value->get<int64_t>()};
  if (value->is_array() && std::all_of(value->begin(), value->end(), is_whole))
    return value->get<std::vector<int64_t>>();
  return faults_.add(key + " is " + shown(*value), "a list of whole numbers, or one"), std::vector<int64_t>();
}

double PeftConfig::number(const std::string& key, double otherwise) const {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_number()) return value->get<double>();
  return faults_.add(key + " is " + shown(*value), "a number"), otherwise;
}

int64_t PeftConfig::whole_number(const std::string& key, int64_t otherwise) const {
  const Json* value = find(key);
  if (value == nullptr) return otherwise;
  if (is_whole(*value)) return value->get<int64_t>();
  return faults_.add(key + " is " + shown(*value), "a whole number"), otherwise;
}

std::vector<std::string> PeftConfig::saved_modules() const {
  std::vector<std::string> modules;
  for (const std::string& name : texts("modules_to_save")) {
    const bool is_new = std::find(modules.begin(), modules.end(), name) == modules.end();
    if (is_new && !kHeadNames.contains(name)) modules.push_back(name);
  }
  return modules;
}

bool PeftConfig::saves_head() const {
  const Json* value = find("modules_to_save");
  return value != nullptr && value->is_array() && std::find(value->begin(), value->end(), "classifier") != value->end();
}

}  // namespace engram::checkpoint

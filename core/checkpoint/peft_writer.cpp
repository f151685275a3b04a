#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_names.hpp"
#include "hub/reference.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

using Keys = std::map<std::string, Json>;  // sorted, as peft writes them

constexpr const char* kPeftVersion = "0.21.2";  // whose format this is

// Fifteen digits: dividing by a root and multiplying again leaves the sixteenth off.
double rounded(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.15g", value);
  return std::strtod(digits, nullptr);
}

Json number(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

// The number that most modules have, the earliest of several, and those of the others.
struct Numbers {
  Json common = 8;
  Json pattern = Json::object();
};

Numbers numbers_of(const std::vector<std::pair<std::string, double>>& by_module) {
  std::map<double, size_t> counts;
  for (const auto& [module, value] : by_module) ++counts[value];
  double common = 0;
  size_t most = 0;
  for (const auto& [module, value] : by_module) {
    if (counts[value] > most) common = value, most = counts[value];
  }
  Keys others;
  for (const auto& [module, value] : by_module) {
    if (value != common) others[module] = number(value);
  }
  return {number(common), Json(others)};
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

class Writer {
 public:
  Writer(const Adapter& adapter, const sdk::ModelView& view) : adapter_(adapter), view_(view) {}

  Json config() const {
    Keys keys = common_keys();
    if (!adapter_.virtual_tokens) {
      add_lora_keys(keys);
    } else {
      add_token_keys(*adapter_.virtual_tokens, keys);
    }
    Json json = Json::object();
    for (const auto& [key, value] : keys) json[key] = value;
    return json;
  }

  std::vector<model::NamedTensor> tensors() const {
    const std::string prefix = key_prefix(type());
    std::vector<model::NamedTensor> tensors;
    if (adapter_.virtual_tokens) tensors.push_back({kRowsKey, adapter_.virtual_tokens->rows});
    for (const PeftUpdate& update : adapter_.updates) {
      const std::string key = prefix + module(update.site);
      tensors.push_back({key + ".lora_A.weight", update.a});
      tensors.push_back({key + ".lora_B.weight", update.b});
      if (update.magnitude.defined()) tensors.push_back({key + kMagnitudeEnding, update.magnitude});
    }
    for (const model::NamedTensor& parameter : adapter_.parameters) {
      const std::string name = module(parameter.name);
      tensors.push_back(
          {is_saved(name) ? prefix + name : bias_key(name, is_adapted(parameter.name)), parameter.tensor});
    }
    if (adapter_.head_weight.defined()) {
      tensors.push_back({prefix + "classifier.weight", adapter_.head_weight});
      tensors.push_back({prefix + "classifier.bias", adapter_.head_bias});
    }
    for (model::NamedTensor& entry : tensors) entry.tensor = entry.tensor.detach();
    return tensors;
  }

 private:
  std::string module(const std::string& name) const { return peft_name(adapter_.trained_on, view_, name); }

  const char* type() const {
    if (!adapter_.virtual_tokens) return kLoraType;
    return adapter_.virtual_tokens->kind == VirtualTokens::Kind::prompt ? kPromptType : kPrefixType;
  }

  bool is_saved(const std::string& name) const {
    return std::any_of(adapter_.saved_modules.begin(), adapter_.saved_modules.end(),
                       [&](const std::string& entry) { return is_saved_with(entry, name); });
  }

  bool is_adapted(const std::string& bias) const {
    return std::any_of(adapter_.updates.begin(), adapter_.updates.end(),
                       [&](const PeftUpdate& update) { return update.site + ".bias" == bias; });
  }

  Keys common_keys() const {
    const std::optional<hub::Reference> reference = hub::parse_reference(adapter_.base);
    return {{"auto_mapping", auto_mapping()},
            {"base_model_name_or_path", or_null(reference ? reference->repository : adapter_.base)},
            {"inference_mode", true},
            {"modules_to_save", modules_to_save()},
            {"peft_type", type()},
            {"peft_version", kPeftVersion},
            {"revision", reference && !reference->is_main() ? Json(reference->revision) : Json()},
            {"task_type", or_null(adapter_.task_type)}};
  }

  // peft says what it trained on where no task type does.
  Json auto_mapping() const {
    if (!adapter_.task_type.empty()) return nullptr;
    const bool bare = adapter_.trained_on == PeftClass::trunk;
    return {{"base_model_class", bare ? "BertModel" : "BertForSequenceClassification"},
            {"parent_library", "transformers.models.bert.modeling_bert"}};
  }

  Json modules_to_save() const {
    std::vector<std::string> modules = adapter_.saved_modules;
    if (adapter_.head_weight.defined()) modules.push_back("classifier");
    if (adapter_.head_weight.defined() && adapter_.task_type == "SEQ_CLS") modules.push_back("score");
    return modules.empty() ? Json() : Json(modules);
  }

  // From which of the trunk's biases are here.
  std::string bias_mode() const {
    size_t held = 0, of_targets = 0;
    for (const model::NamedTensor& parameter : adapter_.parameters) {
      if (is_saved(module(parameter.name))) continue;
      ++held;
      if (is_adapted(parameter.name)) ++of_targets;
    }
    if (held == 0) return "none";
    return held == of_targets ? "lora_only" : "all";
  }

  void add_lora_keys(Keys& keys) const {
    std::vector<std::string> modules;
    std::vector<std::pair<std::string, double>> ranks, alphas;
    for (const PeftUpdate& update : adapter_.updates) {
      const auto rank = static_cast<double>(update.a.size(0));
      modules.push_back(module(update.site));
      ranks.emplace_back(modules.back(), rank);
      alphas.emplace_back(modules.back(), rounded(update.scale * (adapter_.rslora ? std::sqrt(rank) : rank)));
    }
    std::sort(modules.begin(), modules.end());
    const Numbers rank = numbers_of(ranks), alpha = numbers_of(alphas);
    const bool dora = !adapter_.updates.empty() && adapter_.updates.front().magnitude.defined();
    for (const char* key :
         {"alora_invocation_tokens", "arrow_config", "corda_config", "eva_config", "exclude_modules", "kasa_config",
          "layer_replication", "layers_pattern", "layers_to_transform", "lora_ga_config", "megatron_config",
          "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "velora_config"}) {
      keys[key] = nullptr;
    }
    for (const char* key : {"ensure_weight_tying", "fan_in_fan_out", "lora_bias", "use_qalora"}) keys[key] = false;
    keys.insert({{"alpha_pattern", alpha.pattern},
                 {"bias", bias_mode()},
                 {"init_lora_weights", true},
                 {"loftq_config", Json::object()},
                 {"lora_alpha", alpha.common},
                 {"lora_dropout", adapter_.dropout},
                 {"megatron_core", "megatron.core"},
                 {"qalora_group_size", 16},
                 {"r", rank.common},
                 {"rank_pattern", rank.pattern},
                 {"target_modules", modules},
                 {"use_dora", dora},
                 {"use_rslora", adapter_.rslora}});
  }

  // The rows are the result whatever made them, so that nothing is said of networks or first values.
  void add_token_keys(const VirtualTokens& tokens, Keys& keys) const {
    const TokenLayout layout = token_layout(tokens.kind, view_);
    keys.insert({{"num_attention_heads", layout.heads},
                 {"num_layers", view_.layers},
                 {"num_transformer_submodules", 1},
                 {"num_virtual_tokens", tokens.rows.size(0)},
                 {"token_dim", layout.token_dim}});
    if (tokens.kind == VirtualTokens::Kind::prefix) {
      keys.insert({{"encoder_hidden_size", layout.token_dim}, {"init_weights", nullptr}, {"prefix_projection", false}});
    } else {
      keys.insert({{"prompt_tuning_init", "RANDOM"},
                   {"prompt_tuning_init_text", nullptr},
                   {"tokenizer_kwargs", nullptr},
                   {"tokenizer_name_or_path", nullptr}});
    }
  }

  const Adapter& adapter_;
  const sdk::ModelView& view_;
};

}  // namespace

void write_adapter(const std::filesystem::path& folder, const Adapter& adapter, const sdk::ModelView& view) {
  const Writer writer(adapter, view);
  model::write_safetensors(folder / kAdapterWeightsFile, writer.tensors());
  write_file_atomically(folder / kAdapterConfigFile, writer.config().dump(2));
}

}  // namespace engram::checkpoint

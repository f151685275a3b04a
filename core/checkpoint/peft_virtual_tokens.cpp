#include "checkpoint/peft_virtual_tokens.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_names.hpp"
#include "model/safetensors.hpp"
#include "model/view_lookup.hpp"

namespace engram::checkpoint {
namespace {

constexpr const char* kRows = "prompt_embeddings";
constexpr const char* kHeadWeight = "base_model.classifier.weight";
constexpr const char* kHeadBias = "base_model.classifier.bias";
constexpr const char* kPrefixType = "PREFIX_TUNING";
constexpr const char* kPromptType = "PROMPT_TUNING";

int64_t width_of(const sdk::AttentionSite& site) { return site.key_value_heads * site.head_size; }

// The shape of `prompt_embeddings`, and what PEFT's config says of the model.
struct Layout {
  int64_t token_dim = 0;
  int64_t heads = 0;
  int64_t row_width = 0;
};

Layout layout_of(VirtualTokens::Kind kind, const sdk::ModelView& view) {
  const sdk::AttentionSite& site = view.attention_sites.front();
  if (kind == VirtualTokens::Kind::prompt) return {view.hidden, site.heads, view.hidden};
  return {width_of(site), site.key_value_heads, 2 * view.layers * width_of(site)};
}

// Keys sorted, as PEFT writes them. The rows are the result whatever made them, so that nothing is said of networks or
// first values: PEFT could train on from them.
Json config_json(VirtualTokens::Kind kind, int64_t tokens, const sdk::ModelView& view, const std::string& base) {
  const Layout layout = layout_of(kind, view);
  const bool is_prefix = kind == VirtualTokens::Kind::prefix;
  std::map<std::string, Json> keys = {{"auto_mapping", nullptr},
                                      {"base_model_name_or_path", base},
                                      {"inference_mode", true},
                                      {"modules_to_save", {"classifier"}},
                                      {"num_attention_heads", layout.heads},
                                      {"num_layers", view.layers},
                                      {"num_transformer_submodules", 1},
                                      {"num_virtual_tokens", tokens},
                                      {"peft_type", is_prefix ? kPrefixType : kPromptType},
                                      {"revision", nullptr},
                                      {"task_type", "SEQ_CLS"},
                                      {"token_dim", layout.token_dim}};
  if (is_prefix) {
    keys.insert({{"encoder_hidden_size", layout.token_dim}, {"init_weights", nullptr}, {"prefix_projection", false}});
  } else {
    keys.insert({{"prompt_tuning_init", "RANDOM"},
                 {"prompt_tuning_init_text", nullptr},
                 {"tokenizer_kwargs", nullptr},
                 {"tokenizer_name_or_path", nullptr}});
  }
  Json json = Json::object();
  for (const auto& [key, value] : keys) json[key] = value;
  return json;
}

// A strategy's tensors by their own names.
sdk::TensorByName own_tensors(const std::string& strategy, const std::vector<model::NamedTensor>& claimed) {
  return [&claimed, space = strategy + "."](const std::string& name) {
    for (const model::NamedTensor& entry : claimed) {
      if (entry.name == space + name) return entry.tensor;
    }
    throw InternalError({.what = "the claimed tensor '" + space + name + "' is in the plan and not in memory"});
  };
}

// What the sources make, in the order of PEFT's rows.
std::vector<at::Tensor> made_by(const strategy::Resolution& resolution, const sdk::ModelView& view,
                                const std::vector<model::NamedTensor>& claimed) {
  if (resolution.prompt) {
    const auto& [strategy, prompt] = *resolution.prompt;
    return {prompt.source(own_tensors(strategy, claimed))};
  }
  std::vector<at::Tensor> made;
  for (const sdk::AttentionSite& site : view.attention_sites) {
    for (const auto& [strategy, prefix] : resolution.prefixes) {
      if (prefix.site != site.name) continue;
      const sdk::KeysValues both = prefix.source(own_tensors(strategy, claimed));
      made.push_back(both.keys);
      made.push_back(both.values);
    }
  }
  return made;
}

bool covers_every_site(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  std::set<std::string> sites;
  for (const auto& [strategy, prefix] : resolution.prefixes) sites.insert(prefix.site);
  const bool same_width = std::all_of(
      view.attention_sites.begin(), view.attention_sites.end(),
      [&](const sdk::AttentionSite& site) { return width_of(site) == width_of(view.attention_sites.front()); });
  return same_width && sites.size() == view.attention_sites.size();
}

// Sorts out the config and the keys; what does not fit is a fault.
class Reader {
 public:
  Reader(const std::filesystem::path& folder, const sdk::ModelView& view)
      : folder_(folder),
        view_(view),
        config_(read_json(folder / kAdapterConfigFile)),
        weights_(folder / kAdapterWeightsFile) {}

  VirtualTokens read() {
    VirtualTokens tokens{.kind = peft_type_of(folder_) == kPromptType ? VirtualTokens::Kind::prompt
                                                                      : VirtualTokens::Kind::prefix};
    const Layout layout = layout_of(tokens.kind, view_);
    expect("num_transformer_submodules", 1);
    expect("num_layers", view_.layers);
    expect("token_dim", layout.token_dim);
    expect("num_attention_heads", layout.heads);
    const auto found = config_.find("num_virtual_tokens");
    const int64_t count = found != config_.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
    if (count < 1 || count >= view_.max_positions) {
      fault("num_virtual_tokens is " + std::to_string(count), "1 to " + std::to_string(view_.max_positions - 1));
    }
    for (const auto& entry : weights_.header().entries) {
      const bool known = entry.name == kRows || entry.name == kHeadWeight || entry.name == kHeadBias;
      if (!known) fault("the key '" + entry.name + "' is unexpected");
    }
    tokens.rows = take(kRows, {count, layout.row_width});
    tokens.head_weight = take(kHeadWeight, {-1, view_.hidden});
    const int64_t classes = tokens.head_weight.defined() ? tokens.head_weight.size(0) : -1;
    tokens.head_bias = take(kHeadBias, {classes});
    faults_.raise<DataError>();
    return tokens;
  }

 private:
  void fault(const std::string& what, const std::string& allowed = {}) {
    faults_.add({.what = "the adapter cannot be used: " + what, .where = folder_.string(), .allowed = allowed});
  }

  void expect(const char* key, int64_t value) {
    const auto found = config_.find(key);
    if (found == config_.end() || *found == value) return;
    fault(std::string(key) + " is " + found->dump(), std::to_string(value) + " for this model");
  }

  // -1 in `shape`: any size.
  at::Tensor take(const char* key, const std::vector<int64_t>& shape) {
    if (weights_.header().find(key) == nullptr)
      return fault("the key '" + std::string(key) + "' is missing"), at::Tensor();
    const at::Tensor tensor = weights_.tensor(key).to(at::kFloat);
    bool fits = tensor.dim() == static_cast<int64_t>(shape.size());
    for (size_t i = 0; fits && i < shape.size(); ++i) {
      fits = shape[i] == -1 || tensor.size(static_cast<int64_t>(i)) == shape[i];
    }
    if (!fits) return fault("the shape of '" + std::string(key) + "' does not fit"), at::Tensor();
    return tensor.clone();
  }

  std::filesystem::path folder_;
  const sdk::ModelView& view_;
  Json config_;
  model::SafetensorsFile weights_;
  Faults faults_;
};

}  // namespace

bool fits_virtual_tokens(const strategy::Resolution& resolution, const sdk::ModelView& view) {
  if (!resolution.adapters.empty() || (resolution.prefixes.empty() && !resolution.prompt)) return false;
  if (!resolution.prompt && !covers_every_site(resolution, view)) return false;
  return std::all_of(resolution.tensors.begin(), resolution.tensors.end(), [&](const strategy::ResolvedTensor& tensor) {
    if (tensor.claimed || !tensor.ever_trains()) return true;
    const sdk::Parameter* parameter = model::parameter_named(view, tensor.name);
    return parameter == nullptr || parameter->role == sdk::Role::head;
  });
}

std::vector<std::string> write_virtual_tokens(const std::filesystem::path& folder, const model::Model& model,
                                              const strategy::Resolution& resolution,
                                              const std::vector<model::NamedTensor>& claimed, const std::string& task,
                                              const std::string& base) {
  const at::NoGradGuard no_grad;
  const sdk::ModelView& view = model.view();
  const std::vector<at::Tensor> made = made_by(resolution, view, claimed);
  const model::Head& head = *model.find_head(task);
  model::write_safetensors(
      folder / kAdapterWeightsFile,
      {{kRows, at::cat(made, 1)}, {kHeadWeight, head.weight.detach()}, {kHeadBias, head.bias.detach()}});
  const auto kind = resolution.prompt ? VirtualTokens::Kind::prompt : VirtualTokens::Kind::prefix;
  write_file_atomically(folder / kAdapterConfigFile, config_json(kind, made.front().size(0), view, base).dump(2));
  const std::string owner = resolution.prompt ? resolution.prompt->strategy : resolution.prefixes.front().strategy;
  std::vector<std::string> not_held;
  for (const model::NamedTensor& entry : claimed) {
    const strategy::ResolvedTensor* resolved = resolution.find(entry.name);
    const bool is_row = std::any_of(made.begin(), made.end(), [&](const auto& t) { return t.is_same(entry.tensor); });
    if (resolved->owner == owner && !resolved->kept && !is_row) not_held.push_back(entry.name);
  }
  return not_held;
}

void VirtualTokens::attach_to(model::Model& model) const {
  const at::Tensor placed = rows.to(model.device());
  const int64_t tokens = placed.size(0);
  if (kind == Kind::prompt) return model.attach_prompt({tokens, [placed] { return placed; }});
  for (const sdk::AttentionSite& site : model.view().attention_sites) {
    const int64_t width = width_of(site);
    const at::Tensor keys = placed.narrow(1, 2 * site.layer * width, width).contiguous();
    const at::Tensor values = placed.narrow(1, (2 * site.layer + 1) * width, width).contiguous();
    model.attach_prefix(site.name, {tokens, [keys, values] { return sdk::KeysValues{keys, values}; }});
  }
}

bool holds_virtual_tokens(const std::filesystem::path& folder) {
  const std::string type = peft_type_of(folder);
  return type == kPrefixType || type == kPromptType;
}

VirtualTokens read_virtual_tokens(const std::filesystem::path& folder, const sdk::ModelView& view) {
  return Reader(folder, view).read();
}

}  // namespace engram::checkpoint

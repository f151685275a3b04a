#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "base/text.hpp"
#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/peft_numbers.hpp"
#include "checkpoint/peft_targets.hpp"
#include "model/pickles.hpp"
#include "model/safetensors.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kAnySize = -1;

fs::path weights_file(const fs::path& folder) {
  const fs::path file = folder / kAdapterWeightsFile;
  if (fs::exists(file)) return file;
  model::refuse_pickles(folder, "adapter_model", kAdapterWeightsFile);
  throw DataError({.what = "holds no " + std::string(kAdapterWeightsFile), .where = folder.string()});
}

// The number in "encoder.layer.7."; -1: none.
int block_in(const std::string& name) {
  constexpr std::string_view kBefore = ".layer.";
  const size_t found = name.find(kBefore);
  if (found == std::string::npos) return -1;
  int block = -1;
  std::from_chars(name.data() + found + kBefore.size(), name.data() + name.size(), block);
  return block;
}

// Says of every tensor that the config calls for where it belongs, then compares with the file's own.
class Reader {
 public:
  Reader(const fs::path& folder, const sdk::ModelView& view)
      : view_(view),
        config_(folder, faults_),
        weights_(weights_file(folder)),
        tensor_faults_(faults_, folder / kAdapterWeightsFile) {
    adapter_.folder = folder;
    adapter_.peft_type = config_.type();
    adapter_.base = config_.base();
    adapter_.task_type = config_.task_type();
    adapter_.trained_on = trained_on();
    adapter_.saved_modules = config_.saved_modules();
  }

  Adapter read() {
    refuse_other_size();
    if (config_.type() == kLoraType) {
      expect_updates();
    } else {
      expect_rows();
    }
    expect_parameters();
    expect_head();
    take_all();
    faults_.raise<DataError>();
    return std::move(adapter_);
  }

 private:
  // One fault in place of one for every tensor, where the file as a whole is for a model of another size.
  void refuse_other_size() const {
    int64_t blocks = 0;
    std::set<int64_t> widths;
    for (const auto& entry : weights_.header().entries) {
      const bool has_width = entry.name.ends_with(".query.lora_A.weight") ||
                             entry.name.ends_with(".key.lora_A.weight") || entry.name.ends_with(".value.lora_A.weight");
      if (!has_width || entry.shape.size() != 2) continue;
      widths.insert(entry.shape[1]);
      blocks = std::max(blocks, int64_t{block_in(entry.name)} + 1);
    }
    const bool other_width = !widths.empty() && !widths.contains(view_.hidden);
    if (!other_width && blocks <= view_.layers) return;
    throw DataError(tensor_faults_.fault("it was made for width " + std::to_string(*widths.rbegin()) +
                                             " and at least " + std::to_string(blocks) +
                                             " blocks, and the base has width " + std::to_string(view_.hidden) +
                                             " and " + std::to_string(view_.layers) + " blocks",
                                         "", "name the base that it was made for: --base, in a recipe model"));
  }

  struct Slot {
    std::vector<int64_t> shape;
    std::function<void(at::Tensor)> put;
    std::string why;  // where the shape comes from
  };

  std::string prefix() const { return key_prefix(config_.type()); }
  std::string module(const std::string& name) const { return peft_name(adapter_.trained_on, view_, name); }

  // By the names of the file alone: configs do not say it reliably.
  PeftClass trained_on() const {
    const auto& entries = weights_.header().entries;
    const auto any = [&](const std::string& start) {
      return std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.name.starts_with(start); });
    };
    if (any(prefix() + view_.family + ".")) return PeftClass::sequence_classification;
    const bool bare = any(prefix() + "encoder.") || any(prefix() + "embeddings.") || any(prefix() + "pooler.");
    return bare ? PeftClass::trunk : PeftClass::sequence_classification;
  }

  void expect(const std::string& key, std::vector<int64_t> shape, std::function<void(at::Tensor)> put,
              const std::string& why = {}) {
    expected_[key] = {std::move(shape), std::move(put), why};
  }

  void expect_updates() {
    adapter_.rslora = config_.is_true("use_rslora");
    adapter_.dropout = config_.number("lora_dropout", 0);
    const std::vector<sdk::LinearSite> targets = peft_targets(config_, view_, adapter_.trained_on);
    std::vector<std::string> modules;
    for (const sdk::LinearSite& site : targets) modules.push_back(module(site.name));
    const PeftNumbers ranks(config_, "rank_pattern", "r", modules);
    const PeftNumbers alphas(config_, "alpha_pattern", "lora_alpha", modules);
    adapter_.updates.resize(targets.size());
    for (size_t i = 0; i < targets.size(); ++i) {
      adapter_.updates[i].site = targets[i].name;
      expect_update(targets[i], ranks.of(modules[i]), alphas.of(modules[i]), adapter_.updates[i]);
    }
  }

  void expect_update(const sdk::LinearSite& site, double said_rank, double alpha, PeftUpdate& update) {
    const std::string module_name = module(site.name), key = prefix() + module_name;
    const int64_t most = std::min(site.in, site.out);
    const bool rank_fits =
        said_rank >= 1 && said_rank <= static_cast<double>(most) && said_rank == std::floor(said_rank);
    if (!rank_fits) {
      config_.faults().add("the rank of " + module_name + " is " + text::shortest(said_rank),
                           "1 to " + std::to_string(most) + ", the smaller side of its matrix");
    }
    if (alpha == 0) {
      config_.faults().add("the alpha of " + module_name + " is 0, so that the adapter would do nothing",
                           "a number other than 0");
    } else if (std::abs(alpha) > std::numeric_limits<float>::max()) {
      config_.faults().add("the alpha of " + module_name + " is " + text::shortest(alpha), "a number that fp32 holds");
    }
    const int64_t rank = rank_fits ? static_cast<int64_t>(said_rank) : kAnySize;
    const std::string why = rank_fits ? "rank " + std::to_string(rank) + " by adapter_config.json" : "";
    expect(
        key + ".lora_A.weight", {rank, site.in}, [&update](at::Tensor t) { update.a = t; }, why);
    expect(
        key + ".lora_B.weight", {site.out, rank}, [&update](at::Tensor t) { update.b = t; }, why);
    if (config_.is_true("use_dora")) {
      expect(key + kMagnitudeEnding, {site.out}, [&update](at::Tensor t) { update.magnitude = t; });
    }
    update.scale = alpha / (adapter_.rslora ? std::sqrt(said_rank) : said_rank);
  }

  void expect_rows() {
    const auto kind = config_.type() == kPromptType ? VirtualTokens::Kind::prompt : VirtualTokens::Kind::prefix;
    const TokenLayout layout = token_layout(kind, view_);
    const std::pair<const char*, int64_t> facts[] = {{"num_transformer_submodules", 1},
                                                     {"num_layers", view_.layers},
                                                     {"token_dim", layout.token_dim},
                                                     {"num_attention_heads", layout.heads}};
    for (const auto& [key, value] : facts) {
      const int64_t said = config_.whole_number(key, value);
      if (said == value) continue;
      config_.faults().add(std::string(key) + " is " + std::to_string(said), std::to_string(value) + " for this model");
    }
    const int64_t count = config_.whole_number("num_virtual_tokens", 0);
    const bool fits = count >= 1 && count < view_.max_positions;
    if (!fits) {
      config_.faults().add("num_virtual_tokens is " + std::to_string(count),
                           "1 to " + std::to_string(view_.max_positions - 1) + " for this model");
    }
    adapter_.virtual_tokens = {.kind = kind, .rows = {}};
    expect(kRowsKey, {fits ? count : kAnySize, layout.row_width},
           [this](at::Tensor rows) { adapter_.virtual_tokens->rows = rows; });
  }

  // Trained biases, and modules that were saved whole.
  void expect_parameters() {
    const std::string bias = config_.text("bias");
    std::set<std::string> adapted, used;
    for (const PeftUpdate& update : adapter_.updates) adapted.insert(update.site + ".bias");
    for (const sdk::Parameter& parameter : view_.parameters) {
      if (parameter.role == sdk::Role::head) continue;
      const std::string name = module(parameter.name);
      const auto saved = std::find_if(adapter_.saved_modules.begin(), adapter_.saved_modules.end(),
                                      [&](const std::string& entry) { return is_saved_with(entry, name); });
      const bool is_adapted = adapted.contains(parameter.name);
      if (saved != adapter_.saved_modules.end()) {
        used.insert(*saved);
        expect_parameter(prefix() + name, parameter);
      } else if (is_bias(name) && (bias == "all" || (bias == "lora_only" && is_adapted))) {
        expect_parameter(bias_key(name, is_adapted), parameter);
      }
    }
    for (const std::string& entry : adapter_.saved_modules) {
      if (!used.contains(entry)) refuse_saved_module(entry);
    }
  }

  void expect_parameter(const std::string& key, const sdk::Parameter& parameter) {
    expect(key, parameter.shape, [this, name = parameter.name](at::Tensor value) {
      adapter_.parameters.push_back({name, value});
    });
  }

  void refuse_saved_module(const std::string& entry) {
    std::set<std::string> known = {"classifier"};
    for (const sdk::Parameter& parameter : view_.parameters) {
      if (parameter.role == sdk::Role::head) continue;
      const std::vector<std::string> segments = text::split(parameter.name, '.');
      known.insert(segments.begin(), segments.end() - 1);
    }
    config_.faults().add("'" + entry + "' of modules_to_save is the end of no module's name" +
                         text::did_you_mean(entry, {known.begin(), known.end()}));
  }

  // peft adds the head's names to modules_to_save by itself, so that without them there is none.
  void expect_head() {
    const std::string weight = prefix() + "classifier.weight", bias = prefix() + "classifier.bias";
    const bool may_have_one = config_.saves_head() || config_.task_type() == "SEQ_CLS";
    const bool holds_one = weights_.header().find(weight) != nullptr || weights_.header().find(bias) != nullptr;
    if (!config_.saves_head() && !(may_have_one && holds_one)) return;
    const auto* found = weights_.header().find(weight);
    const int64_t classes = found != nullptr && found->shape.size() == 2 ? found->shape[0] : kAnySize;
    expect(weight, {kAnySize, view_.hidden}, [this](at::Tensor value) { adapter_.head_weight = value; });
    expect(bias, {classes}, [this](at::Tensor value) { adapter_.head_bias = value; });
  }

  // With bias "all" peft writes the biases of both copies of a module that it saves whole beside the module itself.
  bool is_copy(const std::string& key) const {
    const bool of_copy =
        key.find(".original_module.") != std::string::npos || key.find(".modules_to_save.") != std::string::npos;
    return config_.text("bias") == "all" && of_copy && is_bias(key);
  }

  void take_all() {
    std::vector<std::string> missing;
    for (const auto& [key, slot] : expected_) {
      if (weights_.header().find(key) == nullptr) missing.push_back(key);
    }
    for (const std::string& key : missing) tensor_faults_.add("the tensor '" + key + "' is missing");
    for (const auto& entry : weights_.header().entries) {
      const auto found = expected_.find(entry.name);
      if (found != expected_.end()) {
        take(entry, found->second);
      } else if (!is_copy(entry.name)) {
        tensor_faults_.add("the tensor '" + entry.name + "' is unexpected" + text::did_you_mean(entry.name, missing));
      }
    }
  }

  void take(const model::SafetensorsEntry& entry, const Slot& slot) {
    bool fits = entry.shape.size() == slot.shape.size();
    for (size_t i = 0; fits && i < slot.shape.size(); ++i) {
      fits = slot.shape[i] == kAnySize ? entry.shape[i] > 0 : entry.shape[i] == slot.shape[i];
    }
    if (!fits) {
      std::string allowed = text::replaced(text::shape(slot.shape), std::to_string(kAnySize), "any");
      return tensor_faults_.add("the tensor '" + entry.name + "' has the shape " + text::shape(entry.shape),
                                allowed + (slot.why.empty() ? "" : ": " + slot.why));
    }
    const at::Tensor tensor = weights_.tensor(entry.name);
    if (!tensor.is_floating_point()) {
      return tensor_faults_.add("the tensor '" + entry.name + "' has the dtype " + name_of(entry.dtype),
                                "F32, F16, BF16, F64");
    }
    const at::Tensor values = tensor.to(at::kFloat);
    if (!at::isfinite(values).all().item<bool>()) {
      return tensor_faults_.add("the tensor '" + entry.name + "' holds values that are not finite in fp32");
    }
    slot.put(values);
  }

  const sdk::ModelView& view_;
  Faults faults_;
  PeftConfig config_;
  model::SafetensorsFile weights_;
  AdapterFaults tensor_faults_;
  Adapter adapter_;
  std::map<std::string, Slot> expected_;
};

}  // namespace

Adapter read_adapter(const fs::path& folder, const sdk::ModelView& view) { return Reader(folder, view).read(); }

}  // namespace engram::checkpoint

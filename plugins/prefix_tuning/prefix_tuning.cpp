// Prefix tuning: trained keys and values before those of the text. Li and Liang 2021, arXiv 2101.00190. README.md.
#include <engram/sdk.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace {

namespace sdk = engram::sdk;

constexpr const char* kEmbedding = "embedding.weight";
constexpr const char* kHiddenWeight = "transform.0.weight";
constexpr const char* kHiddenBias = "transform.0.bias";

int64_t width_of(const sdk::AttentionSite& site) { return site.key_value_heads * site.head_size; }

// Of one attention site. Without the MLP the keys and values themselves; with it the part of its output layer that
// makes them.
std::string keys_name(const sdk::AttentionSite& site) { return site.name + ".prefix_keys"; }
std::string values_name(const sdk::AttentionSite& site) { return site.name + ".prefix_values"; }
std::string output_weight_name(const sdk::AttentionSite& site) { return site.name + ".transform.2.weight"; }
std::string output_bias_name(const sdk::AttentionSite& site) { return site.name + ".transform.2.bias"; }

class PrefixTuning final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "prefix_tuning";

  static sdk::Schema schema() {
    return {
        "Trains keys and values that stand before those of the text in every block.",
        {sdk::integer("tokens", 20).range(1, 512).doc("Virtual tokens; texts can be so many tokens shorter."),
         sdk::string("init", "random")
             .one_of({"random", "activations"})
             .doc("First values: random, or the keys and values of real tokens."),
         sdk::number("scale", 1).range(0, 10).doc("Standard deviation of random first values."),
         sdk::string("init_data", "").optional().doc("For init = \"activations\": the data set with the real tokens."),
         sdk::boolean("mlp", false).doc("Whether a two-layer network makes the keys and values while training."),
         sdk::integer("mlp_hidden", 0)
             .optional()
             .range(1, 8192)
             .doc("Hidden size of that network; left out: the width of the keys.")}};
  }

  explicit PrefixTuning(const sdk::Settings& settings)
      : tokens_(settings.integer("tokens")),
        scale_(settings.number("scale")),
        mlp_(settings.boolean("mlp")),
        mlp_hidden_(settings.has("mlp_hidden") ? settings.integer("mlp_hidden") : 0) {
    const bool activations = settings.string("init") == "activations";
    if (activations && mlp_) {
      throw sdk::Error("init = \"activations\" sets keys and values, and with mlp = true a network makes them",
                       "choose init = \"random\" or mlp = false; real activations do without the network");
    }
    if (activations != settings.has("init_data")) {
      throw sdk::Error(activations ? "init = \"activations\" needs real tokens, and init_data is not given"
                                   : "init_data is given, and init = \"random\" does not read it",
                       activations ? "name a data set of the recipe: init_data = \"...\""
                                   : "choose init = \"activations\", or leave init_data out");
    }
    if (settings.has("mlp_hidden") && !mlp_) {
      throw sdk::Error("mlp_hidden is given, and mlp is false", "set mlp = true, or leave mlp_hidden out");
    }
    if (activations) init_data_ = settings.string("init_data");
  }

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    if (mlp_) {
      claim_network(model, plan);
    } else {
      claim_keys_and_values(model, plan);
    }
    if (!init_data_.empty()) claim_pass(model, plan);
    plan.note(std::to_string(tokens_) + " virtual tokens at " + std::to_string(model.attention_sites.size()) +
              " attention sites" + (mlp_ ? ", made by a network" : ""));
  }

  void initialise(sdk::InitView& init) override {
    if (mlp_) {
      initialise_network(init);
    } else if (init_data_.empty()) {
      for (const sdk::AttentionSite& site : init.model().attention_sites) {
        sdk::fill_normal(init.tensor(keys_name(site)), 0, scale_, init.generator());
        sdk::fill_normal(init.tensor(values_name(site)), 0, scale_, init.generator());
      }
    } else {
      use_seen(init);
    }
  }

 private:
  void claim_keys_and_values(const sdk::ModelView& model, sdk::Plan& plan) const {
    const std::string note = init_data_.empty() ? normal_note() : "of real tokens of " + init_data_;
    for (const sdk::AttentionSite& site : model.attention_sites) {
      plan.tensor(keys_name(site), {tokens_, width_of(site)}, note);
      plan.tensor(values_name(site), {tokens_, width_of(site)}, note);
      plan.prefix(
          {site.name, tokens_,
           [keys = keys_name(site), values = values_name(site)](const sdk::TensorByName& tensor) -> sdk::KeysValues {
             return {tensor(keys), tensor(values)};
           }});
    }
  }

  void claim_network(const sdk::ModelView& model, sdk::Plan& plan) const {
    const int64_t width = width_of(model.attention_sites.front()), hidden = hidden_size(model);
    const std::string uniform = "U(-1/sqrt(in), 1/sqrt(in))";
    plan.tensor(kEmbedding, {tokens_, width}, normal_note());
    plan.tensor(kHiddenWeight, {hidden, width}, uniform);
    plan.tensor(kHiddenBias, {hidden}, uniform);
    for (const sdk::AttentionSite& site : model.attention_sites) {
      plan.tensor(output_weight_name(site), {2 * width_of(site), hidden}, uniform);
      plan.tensor(output_bias_name(site), {2 * width_of(site)}, uniform);
      plan.prefix({site.name, tokens_,
                   [weight = output_weight_name(site),
                    bias = output_bias_name(site)](const sdk::TensorByName& tensor) -> sdk::KeysValues {
                     const at::Tensor hidden =
                         at::tanh(at::linear(tensor(kEmbedding), tensor(kHiddenWeight), tensor(kHiddenBias)));
                     const at::Tensor both = at::linear(hidden, tensor(weight), tensor(bias));
                     const int64_t width = both.size(1) / 2;
                     return {both.narrow(1, 0, width).to(at::kFloat), both.narrow(1, width, width).to(at::kFloat)};
                   }});
    }
  }

  // Goes on from the network that an earlier run has left, if it has.
  static bool take_over(sdk::InitView& init) {
    std::vector<std::string> names = {kEmbedding, kHiddenWeight, kHiddenBias};
    for (const sdk::AttentionSite& site : init.model().attention_sites) {
      names.push_back(output_weight_name(site));
      names.push_back(output_bias_name(site));
    }
    const auto is_there = [&](const std::string& name) { return init.carried(name).defined(); };
    if (!std::all_of(names.begin(), names.end(), is_there)) return false;
    for (const std::string& name : names) init.tensor(name).copy_(init.carried(name));
    return true;
  }

  // As torch's linear layers and embeddings start.
  void initialise_network(sdk::InitView& init) const {
    if (take_over(init)) return;
    const auto linear = [&](const std::string& weight, const std::string& bias) {
      sdk::fill_kaiming_uniform(init.tensor(weight), std::sqrt(5.0), init.generator());
      const double bound = 1 / std::sqrt(static_cast<double>(init.tensor(weight).size(1)));
      sdk::fill_uniform(init.tensor(bias), -bound, bound, init.generator());
    };
    sdk::fill_normal(init.tensor(kEmbedding), 0, scale_, init.generator());
    linear(kHiddenWeight, kHiddenBias);
    for (const sdk::AttentionSite& site : init.model().attention_sites) {
      linear(output_weight_name(site), output_bias_name(site));
    }
  }

  // One token of each of as many sequences as the prefix has tokens.
  void claim_pass(const sdk::ModelView& model, sdk::Plan& plan) {
    sdk::Forward forward;
    for (const sdk::AttentionSite& site : model.attention_sites) forward.taps.push_back(site.input);
    forward.visit = [this, sites = model.attention_sites](const sdk::ForwardView& batch) { see(batch, sites); };
    plan.pass({.name = "activations", .data = init_data_, .samples = tokens_, .work = std::move(forward)});
  }

  void see(const sdk::ForwardView& batch, const std::vector<sdk::AttentionSite>& sites) {
    const std::vector<int64_t>& offsets = batch.offsets();
    std::vector<int64_t> rows;
    for (size_t b = 0; b + 1 < offsets.size(); ++b, ++seen_) {
      // Inner tokens, another position in each sequence: the first and the last are special and say little.
      const int64_t inner = offsets[b + 1] - offsets[b] - 2;
      rows.push_back(inner < 1 ? offsets[b] : offsets[b] + 1 + seen_ % inner);
    }
    for (const sdk::AttentionSite& site : sites) {
      const at::Tensor hidden = batch.tap(site.input);
      const at::Tensor chosen = at::index_select(hidden, 0, at::tensor(rows).to(hidden.device()));
      const auto projected = [&](const std::string& linear) {
        return at::linear(chosen, batch.parameter(linear + ".weight"), batch.parameter(linear + ".bias"));
      };
      seen_keys_[site.name].push_back(projected(site.key));
      seen_values_[site.name].push_back(projected(site.value));
    }
  }

  void use_seen(sdk::InitView& init) {
    if (seen_ < tokens_) {
      throw sdk::Error("init_data = \"" + init_data_ + "\" holds " + std::to_string(seen_) + " rows, and each of the " +
                           std::to_string(tokens_) + " tokens takes one",
                       "name a larger data set, or lower tokens to " + std::to_string(std::max<int64_t>(seen_, 1)));
    }
    for (const sdk::AttentionSite& site : init.model().attention_sites) {
      init.tensor(keys_name(site)).copy_(at::cat(seen_keys_.at(site.name)));
      init.tensor(values_name(site)).copy_(at::cat(seen_values_.at(site.name)));
    }
    seen_keys_.clear();
    seen_values_.clear();
  }

  int64_t hidden_size(const sdk::ModelView& model) const {
    return mlp_hidden_ > 0 ? mlp_hidden_ : width_of(model.attention_sites.front());
  }

  std::string normal_note() const {
    std::string deviation = std::to_string(scale_);
    deviation.erase(deviation.find_last_not_of('0') + 1);
    if (deviation.back() == '.') deviation.pop_back();
    return "N(0, " + deviation + "^2)";
  }

  int64_t tokens_;
  double scale_;
  bool mlp_;
  int64_t mlp_hidden_;
  std::string init_data_;  // empty: random
  int64_t seen_ = 0;
  std::map<std::string, std::vector<at::Tensor>> seen_keys_, seen_values_;  // by attention site
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<PrefixTuning>(); }

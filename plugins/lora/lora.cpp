// LoRA, with rank-stabilised scaling and DoRA as options. Formulas, papers and options: README.md.
#include <engram/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "updates.hpp"

namespace engram_lora {
namespace {

class Lora final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "lora";

  static sdk::Schema schema() {
    return {
        "Trains a low-rank update of chosen projections and leaves the model itself as it is.",
        {sdk::integer("rank", 8).range(1, 512).doc("Rank of the update: A is (rank, in), B is (out, rank)."),
         sdk::number("alpha", 32).above(0).doc("The update is scaled by alpha / rank."),
         sdk::number("dropout", 0.1).range(0, 1).below(1).doc("Dropout on the input of the update only."),
         sdk::strings("targets", {"query", "value"})
             .doc("Names or dotted suffixes of linear sites; one string is a regular expression, or \"all-linear\"."),
         sdk::strings("exclude", {}).doc("Targets to leave out, written as targets are."),
         sdk::integers("layers", {}).range(0, 1000).doc("Only these blocks, counted from 0; empty: all."),
         sdk::numbers_by_name("rank_pattern", {})
             .range(1, 512)
             .doc("Other ranks for some targets, by the end of their names (a regular expression)."),
         sdk::numbers_by_name("alpha_pattern", {}).above(0).doc("Other alphas for some targets, likewise."),
         sdk::boolean("rslora", false).doc("Scale by alpha / sqrt(rank) instead, so that high ranks learn as fast."),
         sdk::boolean("dora", false).doc("Train the length of each row of the weight apart from its direction."),
         sdk::string("init", "default")
             .one_of({"default", "gaussian"})
             .doc("First values of A: U(-1/sqrt(in), 1/sqrt(in)), or normal with deviation 1 / rank."),
         sdk::string("bias", "none")
             .one_of({"none", "lora_only", "all"})
             .doc("Which biases of the model train too: none, those of the targets, or all.")}};
  }

  explicit Lora(const sdk::Settings& settings)
      : options_(options_of(settings)),
        dora_(settings.boolean("dora")),
        gaussian_(settings.string("init") == "gaussian"),
        bias_(settings.string("bias")) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    const Updates updates = updates_of(model, options_);
    for (const Update& update : updates.list) adapt(update, plan);
    claim_biases(model, updates, plan);
    plan.note(updates.text + (dora_ ? ", with magnitudes (DoRA)" : ""));
  }

  // B stays zero and the magnitudes are those of the weight, so that the model starts as it was.
  void initialise(sdk::InitView& init) override {
    for (const Update& update : updates_of(init.model(), options_).list) {
      const at::Tensor a = init.tensor(a_name(update));
      if (gaussian_) {
        sdk::fill_normal(a, 0, 1 / static_cast<double>(update.rank), init.generator());
      } else {
        sdk::fill_kaiming_uniform(a, std::sqrt(5.0), init.generator());
      }
      if (dora_) measure(update, init);
    }
  }

 private:
  static std::string a_name(const Update& update) { return update.site.name + ".lora_A.weight"; }
  static std::string b_name(const Update& update) { return update.site.name + ".lora_B.weight"; }
  static std::string magnitude_name(const Update& update) { return update.site.name + ".lora_magnitude_vector"; }

  void adapt(const Update& update, sdk::Plan& plan) const {
    plan.tensor(a_name(update), {update.rank, update.site.in},
                gaussian_ ? "N(0, 1/rank)" : "U(-1/sqrt(in), 1/sqrt(in))");
    plan.tensor(b_name(update), {update.site.out, update.rank}, "zeros");
    const sdk::LowRank low_rank{.a = a_name(update),
                                .b = b_name(update),
                                .scale = update.scale,
                                .dropout = options_.dropout,
                                .wording = options_.rslora ? sdk::LowRank::Wording::alpha_by_root_of_rank
                                                           : sdk::LowRank::Wording::alpha_by_rank};
    if (dora_) {
      plan.tensor(magnitude_name(update), {update.site.out}, "row lengths of the weight");
      plan.adapt(update.site.name, sdk::dora(low_rank, magnitude_name(update)));
    } else {
      plan.adapt(update.site.name, low_rank);
    }
  }

  // Where the model lies, so that the first step finds the very same lengths.
  void measure(const Update& update, sdk::InitView& init) const {
    const at::Tensor lengths = sdk::row_lengths(init.parameter(update.site.name + ".weight"));
    if (lengths.min().item<double>() == 0) {
      throw sdk::Error("DoRA cannot scale " + update.site.name + ": a row of its weight is zero",
                       "add it to exclude, or leave dora out");
    }
    init.tensor(magnitude_name(update)).copy_(lengths);
  }

  void claim_biases(const sdk::ModelView& model, const Updates& updates, sdk::Plan& plan) const {
    if (bias_ == "lora_only") {
      for (const Update& update : updates.list) {
        if (update.site.bias) plan.train(update.site.name + ".bias");
      }
    } else if (bias_ == "all") {
      for (const sdk::Parameter& parameter : model.parameters) {
        const bool is_bias = parameter.name.size() > 5 && parameter.name.ends_with(".bias");
        if (is_bias && parameter.role != sdk::Role::head) plan.train(parameter.name);
      }
    }
  }

  Options options_;
  bool dora_;
  bool gaussian_;
  std::string bias_;
};

}  // namespace
}  // namespace engram_lora

ENGRAM_PLUGIN(registrar) { registrar.strategy<engram_lora::Lora>(); }

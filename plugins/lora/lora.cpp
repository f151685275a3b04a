// LoRA: low-rank updates of projections. Hu et al. 2021, arXiv 2106.09685. Formula and options: README.md.
#include <engram/sdk.hpp>

#include <cmath>

namespace {

namespace sdk = engram::sdk;

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
         sdk::string("bias", "none")
             .one_of({"none", "lora_only", "all"})
             .doc("Which biases of the model train too: none, those of the targets, or all.")}};
  }

  explicit Lora(const sdk::Settings& settings)
      : rank_(settings.integer("rank")),
        alpha_(settings.number("alpha")),
        dropout_(settings.number("dropout")),
        targets_(settings.setting("targets")),
        bias_(settings.string("bias")) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    const sdk::TargetMatch match = sdk::match_linear_sites(model, targets_);
    sdk::check_rank(rank_, match);
    for (const sdk::LinearSite& site : match.sites) adapt(site, plan);
    claim_biases(model, match, plan);
    plan.note("rank " + std::to_string(rank_) + ", scale " + decimal(alpha_) + " / " + std::to_string(rank_) + ", " +
              std::to_string(match.sites.size()) + " sites (" + match.text() + ")");
  }

  // B stays zero, so that the model starts as it was.
  void initialise(sdk::InitView& init) override {
    const sdk::TargetMatch match = sdk::match_linear_sites(init.model(), targets_);
    for (const sdk::LinearSite& site : match.sites) {
      sdk::fill_kaiming_uniform(init.tensor(a_name(site)), std::sqrt(5.0), init.generator());
    }
  }

 private:
  static std::string a_name(const sdk::LinearSite& site) { return site.name + ".lora_A.weight"; }
  static std::string b_name(const sdk::LinearSite& site) { return site.name + ".lora_B.weight"; }

  // A number without trailing zeros.
  static std::string decimal(double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }

  void adapt(const sdk::LinearSite& site, sdk::Plan& plan) const {
    plan.tensor(a_name(site), {rank_, site.in}, "U(-1/sqrt(in), 1/sqrt(in))");
    plan.tensor(b_name(site), {site.out, rank_}, "zeros");
    plan.adapt(site.name, sdk::LowRank{a_name(site), b_name(site), alpha_ / static_cast<double>(rank_), dropout_});
  }

  void claim_biases(const sdk::ModelView& model, const sdk::TargetMatch& match, sdk::Plan& plan) const {
    if (bias_ == "lora_only") {
      for (const sdk::LinearSite& site : match.sites) {
        if (site.bias) plan.train(site.name + ".bias");
      }
    } else if (bias_ == "all") {
      for (const sdk::Parameter& parameter : model.parameters) {
        const bool is_bias = parameter.name.size() > 5 && parameter.name.ends_with(".bias");
        if (is_bias && parameter.role != sdk::Role::head) plan.train(parameter.name);
      }
    }
  }

  int64_t rank_;
  double alpha_;
  double dropout_;
  sdk::Setting targets_;
  std::string bias_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Lora>(); }

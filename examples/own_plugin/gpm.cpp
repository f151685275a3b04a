// Gradient projection memory: new learning keeps out of the directions that the original task uses.
// Saha, Garg, Roy, ICLR 2021, arXiv 2103.09762. Formula, options and limits: README.md.
#include <engram/sdk.hpp>

#include <ATen/ops/matmul.h>

#include <algorithm>
#include <map>

#include "projection.hpp"

namespace {

namespace sdk = engram::sdk;

std::string basis_name(const std::string& site) { return site + ".basis"; }

class Gpm final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "gpm";

  static sdk::Schema schema() {
    return {"Keeps updates of projections out of the directions in which the original task's inputs lie.",
            {sdk::string("data", "").required().doc("A data set of the original task; its labels are not read."),
             sdk::integer("samples", 256).range(1, 1000000).doc("So many of its rows are looked at."),
             sdk::number("energy", 0.95)
                 .range(0, 1)
                 .above(0)
                 .doc("Protected are the fewest directions that hold this share of the inputs' energy."),
             sdk::integer("directions", 128).range(1, 16384).doc("At most so many directions of a site."),
             sdk::strings("targets", {})
                 .optional()
                 .doc("Linear sites to train, as lora's targets are written. Left out: \"all-linear\"."),
             sdk::boolean("freeze_rest", true)
                 .doc("Freezes biases, normalisation and embeddings, which no projection protects.")}};
  }

  explicit Gpm(const sdk::Settings& settings)
      : data_(settings.string("data")),
        samples_(settings.integer("samples")),
        energy_(settings.number("energy")),
        directions_(settings.integer("directions")),
        targets_(settings.has("targets") ? settings.setting("targets") : sdk::Setting(std::string("all-linear"))),
        freeze_rest_(settings.boolean("freeze_rest")) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    std::vector<std::string> sites;
    if (freeze_rest_) plan.freeze("*");
    for (const sdk::LinearSite& site : sdk::match_linear_sites(model, targets_).sites) {
      plan.kept_tensor(basis_name(site.name), {site.in, std::min(site.in, directions_)}, "from a pass over " + data_);
      if (freeze_rest_) plan.train(site.name + ".weight");
      sites.push_back(site.name);
    }
    sdk::Forward forward;
    forward.inputs = sites;
    forward.visit = [this, sites](const sdk::ForwardView& batch) {
      for (const std::string& site : sites) add_inputs(site, batch.input(site));
    };
    plan.pass({.name = "inputs", .data = data_, .samples = samples_, .work = forward});
    plan.project({"directions", [sites](sdk::GradEdit& edit) {
                    for (const std::string& site : sites) {
                      const at::Tensor gradient = edit.gradient(site + ".weight");
                      if (gradient.defined()) gpm::remove_along(gradient, edit.where().tensor(basis_name(site)));
                    }
                  }});
    plan.note(std::to_string(sites.size()) + " sites keep out of at most " + std::to_string(directions_) +
              " directions of data." + data_);
  }

  // The pass has run by now. Columns that are not needed stay zero.
  void initialise(sdk::InitView& init) override {
    for (const auto& [site, moment] : moments_) {
      const at::Tensor found = gpm::leading_directions(moment.cpu(), energy_, directions_);
      init.tensor(basis_name(site)).slice(1, 0, found.size(1)).copy_(found);
    }
    moments_.clear();
  }

 private:
  // inputs (T, in) -> their second moment (in, in).
  void add_inputs(const std::string& site, const at::Tensor& inputs) {
    const at::Tensor moment = at::matmul(inputs.t(), inputs);
    const auto [entry, is_new] = moments_.try_emplace(site, moment);
    if (!is_new) entry->second.add_(moment);
  }

  std::string data_;
  int64_t samples_;
  double energy_;
  int64_t directions_;
  sdk::Setting targets_;
  bool freeze_rest_;
  std::map<std::string, at::Tensor> moments_;  // by site, between the pass and initialise()
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Gpm>(); }

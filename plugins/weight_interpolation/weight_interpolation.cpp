// WiSE-FT: after training, weights between the old and the new ones are scored, and the best are kept. Wortsman et al.
// 2021, arXiv 2109.01903. Formula and options: README.md.
#include <engram/sdk.hpp>

#include <cstdio>

namespace {

namespace sdk = engram::sdk;

std::string label_of(double alpha) {
  char text[32];
  std::snprintf(text, sizeof text, "alpha %.6g", alpha);
  return text;
}

// The ends are the weights themselves, bit for bit.
at::Tensor between(const at::Tensor& start, const at::Tensor& end, double alpha) {
  if (alpha == 0) return start;
  return alpha == 1 ? end : start.add(end.sub(start), alpha);
}

class WeightInterpolation final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "weight_interpolation";

  static sdk::Schema schema() {
    return {"After training, scores weights between the old and the new ones, and keeps the best.",
            {sdk::numbers("alphas", {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1})
                 .range(0, 1)
                 .doc("Points that are scored: 0 is the model before training, 1 after it.")}};
  }

  explicit WeightInterpolation(const sdk::Settings& settings) : alphas_(settings.numbers("alphas")) {
    if (alphas_.empty()) throw sdk::Error("alphas is empty", "name at least one point, for instance 0.5");
  }

  void plan(const sdk::ModelView&, sdk::Plan& plan) override {
    plan.note("scores " + std::to_string(alphas_.size()) + " mixtures of old and new weights after training");
    plan.finish({.name = "sweep", .finish = [alphas = alphas_](sdk::FinishView& view) {
                   for (const double alpha : alphas) {
                     std::map<std::string, at::Tensor> weights;
                     for (const std::string& name : view.trained()) {
                       weights[name] = between(view.start(name), view.parameter(name), alpha);
                     }
                     view.candidate(label_of(alpha), weights);
                   }
                 }});
  }

 private:
  std::vector<double> alphas_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<WeightInterpolation>(); }

// Experience replay: examples of the original task among those of the new one. Rolnick et al. 2019, arXiv 1811.11682;
// in language models: de Masson d'Autume et al. 2019, arXiv 1906.01076. Formula and options: README.md.
#include <engram/sdk.hpp>

#include <cstdio>

namespace {

namespace sdk = engram::sdk;

class Replay final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "replay";

  static sdk::Schema schema() {
    return {
        "Trains on some examples of the original task among those of the new one.",
        {sdk::string("data", "").required().doc("The data set that is replayed, each example to its own task's head."),
         sdk::number("share", 0.1).range(0, 0.9).above(0).doc("Share of replayed examples among all that a step sees."),
         sdk::integer("rows", 0).range(0, 1e9).doc("Only so many rows are ever replayed, a seeded choice; 0: all.")}};
  }

  explicit Replay(const sdk::Settings& settings)
      : data_(settings.string("data")), share_(settings.number("share")), rows_(settings.integer("rows")) {}

  void plan(const sdk::ModelView&, sdk::Plan& plan) override {
    plan.mix({.data = data_, .share = share_, .rows = rows_});
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.3g %%", 100 * share_);
    plan.note(std::string(percent) + " of what a step sees is from data." + data_ +
              (rows_ == 0 ? "" : ", of " + std::to_string(rows_) + " of its rows"));
  }

 private:
  std::string data_;
  double share_;
  int64_t rows_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Replay>(); }

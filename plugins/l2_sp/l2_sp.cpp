// L2-SP: every weight is held near its old value, all equally firmly. Li, Grandvalet and Davoine 2018, arXiv
// 1802.01483. Formula and options: README.md.
#include <engram/sdk.hpp>

namespace {

namespace sdk = engram::sdk;

class L2Sp final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "l2_sp";

  static sdk::Schema schema() {
    return {"Holds every weight near its old value, all equally firmly.",
            {sdk::number("strength", 0.1)
                 .range(0, 1e12)
                 .doc("Strength of the pull; a schedule may scale it as l2_sp.strength.")}};
  }

  explicit L2Sp(const sdk::Settings&) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    sdk::Penalty penalty{.name = "pull", .weight = "strength"};
    for (const sdk::Parameter& parameter : model.parameters) {
      if (parameter.role != sdk::Role::head) penalty.watched.push_back({.parameter = parameter.name});
    }
    plan.note("holds " + std::to_string(penalty.watched.size()) + " tensors");
    plan.penalty(std::move(penalty));
  }
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<L2Sp>(); }

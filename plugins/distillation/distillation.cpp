// Learning without forgetting: on new inputs, the kept heads go on saying what they said before training. Li and Hoiem
// 2016, arXiv 1606.09282. Formula and options: README.md.
#include <engram/sdk.hpp>

#include <ATen/ops/log_softmax.h>

namespace {

namespace sdk = engram::sdk;

// Sum over rows of KL(softmax(start / T) || softmax(now / T)), nats.
at::Tensor divergence(const at::Tensor& start_BC, const at::Tensor& now_BC, double temperature) {
  const at::Tensor start = at::log_softmax(start_BC.div(temperature), 1);
  const at::Tensor now = at::log_softmax(now_BC.div(temperature), 1);
  return start.exp().mul(start.sub(now)).sum();
}

class Distillation final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "distillation";

  static sdk::Schema schema() {
    return {"Keeps what the model says of its old tasks about new inputs; needs no data of theirs.",
            {sdk::number("weight", 1)
                 .range(0, 1e12)
                 .doc("Weight of the divergence beside the new task's loss; a schedule may scale it as "
                      "distillation.weight."),
             sdk::number("temperature", 2)
                 .range(0.01, 1000)
                 .doc("Logits are divided by it, so that improbable classes count too.")}};
  }

  explicit Distillation(const sdk::Settings& settings) : temperature_(settings.number("temperature")) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    std::vector<std::string> heads;
    for (const sdk::Parameter& parameter : model.parameters) {
      const bool kept = parameter.role == sdk::Role::head && !parameter.trained_head;
      if (kept && (heads.empty() || heads.back() != parameter.task)) heads.push_back(parameter.task);
    }
    if (heads.empty()) {
      throw sdk::Error("the model has no head of an old task whose answers could be kept",
                       "give the original task a head: head = \"from model\" or a probe");
    }
    std::string names;
    for (const std::string& head : heads) names += (names.empty() ? "" : ", ") + head;
    plan.note("keeps the answers of the head of " + names + " on the new task's inputs");
    plan.loss_term({.name = "kl",
                    .weight = "weight",
                    .heads = heads,
                    .start = true,
                    .loss = [heads, temperature = temperature_](const sdk::LossView& view) {
                      at::Tensor sum = divergence(view.start_logits(heads[0]), view.logits(heads[0]), temperature);
                      for (size_t i = 1; i < heads.size(); ++i) {
                        sum = sum.add(divergence(view.start_logits(heads[i]), view.logits(heads[i]), temperature));
                      }
                      return sum;
                    }});
  }

 private:
  double temperature_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Distillation>(); }

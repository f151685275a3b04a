// Discriminative learning rates: the lower a block, the slower it learns. Formula and options: README.md.
#include <engram/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace {

namespace sdk = engram::sdk;

constexpr const char* kParts[] = {"embeddings", "blocks", "pooler", "head"};

std::string part_of(const sdk::Parameter& parameter) {
  switch (parameter.role) {
    case sdk::Role::embedding: return "embeddings";
    case sdk::Role::block: return "blocks";
    case sdk::Role::pooler: return "pooler";
    case sdk::Role::head: return "head";
  }
  return "";
}

// Three significant digits.
std::string brief(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

class DiscriminativeLr final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "discriminative_lr";

  static sdk::Schema schema() {
    return {"Lets lower blocks learn more slowly than upper ones, and sets the weight decay of each part.",
            {sdk::number("decay", 0.9)
                 .range(0, 1)
                 .above(0)
                 .doc("Block i of L learns at decay^(L - i) times the learning rate, embeddings at decay^(L + 1)."),
             sdk::numbers_by_name("weight_decay", {})
                 .range(0, 1000)
                 .doc("Weight decay by part: embeddings, blocks, pooler, head. Parts left out: train.weight_decay.")}};
  }

  explicit DiscriminativeLr(const sdk::Settings& settings)
      : decay_(settings.number("decay")), weight_decay_(settings.numbers_by_name("weight_decay")) {
    std::string unknown;
    for (const auto& [part, value] : weight_decay_) {
      if (std::find(std::begin(kParts), std::end(kParts), part) != std::end(kParts)) continue;
      unknown += (unknown.empty() ? "'" : ", '") + part + "'";
    }
    if (unknown.empty()) return;
    throw sdk::Error("weight_decay names " + unknown + ", which is no part of a model",
                     "choose from embeddings, blocks, pooler, head");
  }

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    for (const sdk::Parameter& parameter : model.parameters) {
      const bool other_head = parameter.role == sdk::Role::head && !parameter.trained_head;
      if (other_head) continue;
      plan.group(parameter.name, scale_of(parameter, model.layers), weight_decay_of(parameter));
    }
    plan.note("embeddings x " + brief(power(model.layers + 1)) + ", block 0 x " + brief(power(model.layers)) +
              " to block " + std::to_string(model.layers - 1) + " x " + brief(power(1)) + ", pooler and head x 1");
  }

 private:
  double power(int64_t exponent) const { return std::pow(decay_, static_cast<double>(exponent)); }

  double scale_of(const sdk::Parameter& parameter, int64_t layers) const {
    if (parameter.role == sdk::Role::embedding) return power(layers + 1);
    return parameter.role == sdk::Role::block ? power(layers - parameter.layer) : 1;
  }

  std::optional<double> weight_decay_of(const sdk::Parameter& parameter) const {
    const auto found = weight_decay_.find(part_of(parameter));
    return found == weight_decay_.end() ? std::nullopt : std::optional(found->second);
  }

  double decay_;
  std::map<std::string, double> weight_decay_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<DiscriminativeLr>(); }

// Layer freezing by depth and by pattern, and gradual unfreezing. Papers and options: README.md.
#include <engram/sdk.hpp>

#include <algorithm>

#include "options.hpp"

namespace engram_freezing {
namespace {

// '*' stands for any run of characters, '?' for one.
bool matches(const char* pattern, const char* name) {
  if (*pattern == '\0') return *name == '\0';
  if (*pattern == '*') return matches(pattern + 1, name) || (*name != '\0' && matches(pattern, name + 1));
  return *name != '\0' && (*pattern == '?' || *pattern == *name) && matches(pattern + 1, name + 1);
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern.c_str(), name.c_str()); });
}

// 1.5 as "1.5", 2 as "2".
std::string decimal(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string blocks_text(int64_t first, int64_t last) {
  if (first == last) return "block " + std::to_string(first);
  return "blocks " + std::to_string(first) + " to " + std::to_string(last);
}

class Freezing final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "freezing";

  static sdk::Schema schema() {
    return {"Freezes parts of the model, by depth or by name, and lets them go again step by step.", parameters()};
  }

  explicit Freezing(const sdk::Settings& settings) : options_(options_of(settings)) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    check(model);
    for (const sdk::Parameter& parameter : model.parameters) {
      if (parameter.role != sdk::Role::head) claim(parameter, model.layers, plan);
    }
    for (const std::string& pattern : options_.freeze) plan.freeze(pattern);
    for (const std::string& pattern : options_.train) plan.train(pattern);
    if (options_.keep || options_.gradual()) plan.note(note(model.layers));
  }

 private:
  using Embeddings = Options::Embeddings;

  bool from_the_bottom() const { return options_.keep && options_.keep->end == Keep::End::first; }
  int64_t kept() const { return options_.keep ? options_.keep->blocks : 0; }

  void claim(const sdk::Parameter& parameter, int64_t layers, sdk::Plan& plan) const {
    if (!options_.covers_all()) {
      if (parameter.role != sdk::Role::embedding) return;
      if (options_.embeddings == Embeddings::frozen) plan.freeze(parameter.name);
      if (options_.embeddings == Embeddings::trained) plan.train(parameter.name);
      return;
    }
    const std::optional<sdk::From> from = start_of(parameter, layers);
    if (from) {
      plan.train(parameter.name, *from);
    } else {
      plan.freeze(parameter.name);
    }
  }

  // From when a parameter trains; nothing: never.
  std::optional<sdk::From> start_of(const sdk::Parameter& parameter, int64_t layers) const {
    const bool is_embedding = parameter.role == sdk::Role::embedding;
    const bool is_pooler = parameter.role == sdk::Role::pooler;
    if (is_embedding && options_.embeddings == Embeddings::frozen) return std::nullopt;
    if (is_embedding && options_.embeddings == Embeddings::trained && !options_.gradual()) return sdk::From{};
    if (!options_.keep && !options_.gradual()) return std::nullopt;
    if (from_the_bottom()) {
      const bool trains = is_embedding || (!is_pooler && parameter.layer < kept());
      return trains ? std::optional(sdk::From{}) : std::nullopt;
    }
    // How many parts are let go before and with this one; 0 and below: kept.
    const int64_t turn = is_pooler ? 0 : layers - kept() - (is_embedding ? -1 : parameter.layer);
    if (turn <= 0) return sdk::From{};
    return options_.gradual() ? std::optional(at_turn(turn)) : std::nullopt;
  }

  sdk::From at_turn(int64_t turn) const {
    if (options_.every_steps) return {.step = turn * *options_.every_steps};
    return {.epoch = static_cast<double>(turn) * *options_.every_epochs};
  }

  void check(const sdk::ModelView& model) const {
    Complaints complaints;
    if (kept() > model.layers) {
      complaints.add(
          "keep is '" + options_.keep_text + "', but the model has " + std::to_string(model.layers) + " blocks",
          "keep at most " + std::to_string(model.layers));
    } else if (options_.gradual() && kept() == model.layers && options_.embeddings == Embeddings::frozen) {
      complaints.add("keep is '" + options_.keep_text + "' and the embeddings stay frozen, so that " +
                         (options_.every_steps ? "every_steps" : "every_epochs") + " has nothing to let go",
                     "keep fewer blocks");
    }
    check_embeddings(model, complaints);
    for (const std::string& pattern : options_.freeze) check_undone(pattern, model, complaints);
    complaints.raise();
  }

  void check_embeddings(const sdk::ModelView& model, Complaints& complaints) const {
    for (const sdk::Parameter& parameter : model.parameters) {
      if (parameter.role != sdk::Role::embedding) continue;
      if (options_.embeddings == Embeddings::trained && any_matches(options_.freeze, parameter.name)) {
        return complaints.add("embeddings = \"trained\", but freeze names " + parameter.name, "drop one of the two");
      }
      if (options_.embeddings == Embeddings::frozen && any_matches(options_.train, parameter.name)) {
        return complaints.add("embeddings = \"frozen\", but train names " + parameter.name, "drop one of the two");
      }
    }
  }

  void check_undone(const std::string& pattern, const sdk::ModelView& model, Complaints& complaints) const {
    bool matched = false;
    for (const sdk::Parameter& parameter : model.parameters) {
      if (!matches(pattern.c_str(), parameter.name.c_str())) continue;
      if (!any_matches(options_.train, parameter.name)) return;
      matched = true;
    }
    if (matched) complaints.add("train undoes all of freeze '" + pattern + "'", "drop it, or narrow train");
  }

  std::string note(int64_t layers) const {
    if (from_the_bottom()) {
      std::string text = options_.embeddings == Embeddings::frozen ? "" : "the embeddings";
      if (kept() > 0) text += (text.empty() ? "" : " and ") + blocks_text(0, kept() - 1);
      return text.empty() ? "only the head trains" : text + " train";
    }
    std::string text =
        kept() == 0 ? "the pooler trains" : blocks_text(layers - kept(), layers - 1) + " and the pooler train";
    if (!options_.gradual()) return text + (options_.embeddings == Embeddings::trained ? ", and the embeddings" : "");
    text += ", then one part more every ";
    text += options_.every_steps ? std::to_string(*options_.every_steps) + " steps"
                                 : decimal(*options_.every_epochs) + " epochs";
    if (kept() < layers) text += ": " + blocks_text(0, layers - kept() - 1) + ", from the top";
    return text + (options_.embeddings == Embeddings::frozen ? "" : ", embeddings last");
  }

  Options options_;
};

}  // namespace
}  // namespace engram_freezing

ENGRAM_PLUGIN(registrar) { registrar.strategy<engram_freezing::Freezing>(); }

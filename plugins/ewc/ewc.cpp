// Elastic weight consolidation: weights that mattered to the original task are held near their old values. Kirkpatrick
// et al. 2017, arXiv 1612.00796; online form: Schwarz et al. 2018, arXiv 1805.06370. Formulas and options: README.md.
#include <engram/sdk.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

#include <ATen/core/Tensor.h>

namespace {

namespace sdk = engram::sdk;

constexpr const char* kPass = "fisher";

class Ewc final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "ewc";

  static sdk::Schema schema() {
    return {
        "Holds weights near their old values, each as firmly as the original task needs it.",
        {sdk::string("data", "").required().doc("The data set of the original task on which importance is measured."),
         sdk::integer("samples", 500).range(0, 1e9).doc("Rows of it, a seeded choice; 0: all."),
         sdk::number("lambda", 1)
             .range(0, 1e12)
             .doc("Strength of the pull, on importance of mean 1; a schedule may scale it as ewc.lambda."),
         sdk::string("estimator", "automatic")
             .one_of({"automatic", "exact", "sampled", "empirical", "predicted", "batched"})
             .doc("How importance is estimated; automatic: exact up to 20 classes, sampled beyond."),
         sdk::integer("batch_size", 32)
             .range(1, 65536)
             .doc("Rows measured at once; it changes the result of the batched estimator only."),
         sdk::number("decay", 1)
             .range(0, 1)
             .doc("What the importance of earlier runs still counts, where the model brings it along."),
         sdk::boolean("embeddings", true).doc("Whether embeddings are held too.")}};
  }

  explicit Ewc(const sdk::Settings& settings)
      : data_(settings.string("data")),
        samples_(settings.integer("samples")),
        estimator_(settings.string("estimator")),
        batch_size_(settings.integer("batch_size")),
        decay_(settings.number("decay")),
        embeddings_(settings.boolean("embeddings")) {}

  void plan(const sdk::ModelView& model, sdk::Plan& plan) override {
    sdk::SquaredGradients squares{.labels = label_mode(), .squares = square_mode()};
    sdk::Penalty penalty{.name = "fisher", .weight = "lambda"};
    for (const sdk::Parameter& parameter : held(model)) {
      plan.carried_tensor(importance_of(parameter), parameter.shape, "squared gradients / their mean");
      squares.parameters.push_back({parameter.name});
      penalty.watched.push_back({.parameter = parameter.name, .importance = importance_of(parameter)});
    }
    plan.pass({.name = kPass, .data = data_, .samples = samples_, .batch_size = batch_size_, .work = squares});
    plan.note("holds " + std::to_string(penalty.watched.size()) + " tensors; importance: " + estimator_ + ", on " +
              (samples_ == 0 ? "all" : "at most " + std::to_string(samples_)) + " rows of data." + data_);
    plan.penalty(std::move(penalty));
  }

  void initialise(sdk::InitView& init) override {
    const std::vector<sdk::Parameter> parameters = held(init.model());
    raw_ = raw_squares(init, parameters);
    bool goes_on = false;
    for (const sdk::Parameter& parameter : parameters) {
      at::Tensor importance = init.tensor(importance_of(parameter));
      importance.copy_(init.squares(kPass, parameter.name).div(raw_.mean));
      const at::Tensor earlier = init.carried(importance_of(parameter));
      if (!earlier.defined()) continue;
      importance.add_(earlier, decay_);
      goes_on = true;
    }
    report(init);
    if (goes_on) init.report("adds to the importance that earlier runs left with the model");
  }

  void save(sdk::StateWriter& writer) const override {
    writer.number("mean_of_squares", raw_.mean);
    writer.number("largest_square", raw_.largest);
    writer.number("share_of_zeros", raw_.zeros);
  }
  void load(const sdk::StateReader& reader) override {
    raw_ = {reader.number("mean_of_squares"), reader.number("largest_square"), reader.number("share_of_zeros")};
  }

 private:
  void report(sdk::InitView& init) const {
    const sdk::PassFacts facts = init.pass(kPass);
    static const std::map<sdk::LabelMode, const char*> labels = {
        {sdk::LabelMode::exact, "every label by its probability"},
        {sdk::LabelMode::sampled, "labels drawn from the model"},
        {sdk::LabelMode::given, "the data's labels"},
        {sdk::LabelMode::predicted, "the predicted labels"}};
    char text[200];
    std::snprintf(text, sizeof text, "squared gradients of %lld rows under %s: mean %.3g, largest %.3g, %.3g %% zero",
                  static_cast<long long>(facts.samples), labels.at(facts.labels), raw_.mean, raw_.largest,
                  100 * raw_.zeros);
    init.report(text);
  }

  static std::string importance_of(const sdk::Parameter& parameter) { return "importance." + parameter.name; }

  sdk::LabelMode label_mode() const {
    static const std::map<std::string, sdk::LabelMode> modes = {
        {"automatic", sdk::LabelMode::automatic}, {"exact", sdk::LabelMode::exact},
        {"sampled", sdk::LabelMode::sampled},     {"empirical", sdk::LabelMode::given},
        {"predicted", sdk::LabelMode::predicted}, {"batched", sdk::LabelMode::given}};
    return modes.at(estimator_);
  }

  sdk::SquareMode square_mode() const {
    return estimator_ == "batched" ? sdk::SquareMode::batch_mean : sdk::SquareMode::per_sample;
  }

  // Frozen ones too: importance is measured once, and a later stage may let them train or an adapter may change them.
  std::vector<sdk::Parameter> held(const sdk::ModelView& model) const {
    std::vector<sdk::Parameter> parameters;
    for (const sdk::Parameter& parameter : model.parameters) {
      const bool left_out = parameter.role == sdk::Role::embedding && !embeddings_;
      if (parameter.role != sdk::Role::head && !left_out) parameters.push_back(parameter);
    }
    return parameters;
  }

  // Squares before they are normalised, over everything but embeddings, whose rows are mostly absent from the samples:
  // so lambda means the same whatever the vocabulary, and whether embeddings are held or not.
  struct Raw {
    double mean = 0;
    double largest = 0;
    double zeros = 0;  // share of all
  };

  static Raw raw_squares(const sdk::InitView& init, const std::vector<sdk::Parameter>& parameters) {
    double sum = 0, zeros = 0, largest = 0, count = 0;
    for (const sdk::Parameter& parameter : parameters) {
      if (parameter.role == sdk::Role::embedding) continue;
      const at::Tensor squares = init.squares(kPass, parameter.name);
      sum += squares.sum(at::kDouble).item<double>();
      largest = std::max(largest, squares.max().item<double>());
      zeros += squares.eq(0).sum().item<double>();
      count += static_cast<double>(parameter.count());
    }
    if (sum > 0) return {sum / count, largest, zeros / count};
    throw sdk::Error("every squared gradient on the given data is zero, so nothing is important",
                     "check that the head of that data's task has been trained");
  }

  std::string data_;
  int64_t samples_;
  std::string estimator_;
  int64_t batch_size_;
  double decay_;
  bool embeddings_;
  Raw raw_;
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Ewc>(); }

// The ewc plugin through the host: its pass and penalty, and the importance it makes of squared gradients.
#include "plugin_run.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const std::string kWords = "embeddings.word_embeddings.weight";
const std::string kPooler = "pooler.dense.weight";

recipe::Table options(recipe::Table more = {}) {
  more.emplace_back("data", test::string("topics"));
  return more;
}

// Squared gradients that differ from parameter to parameter and from entry to entry.
InitServices measured(const Resolution& resolution, double scale = 1) {
  PassResult result;
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(3);
  for (const std::string& name : resolution.passes.front().parameters) {
    result.squares[name] = at::rand(resolution.find(name)->shape, generator).mul_(scale);
  }
  InitServices services;
  services.passes["ewc.fisher"] = result;
  return services;
}

double mean_without_embeddings(const std::map<std::string, at::Tensor>& tensors, const std::string& space) {
  double sum = 0;
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind(space + "embeddings.", 0) == 0) continue;
    sum += tensor.sum(at::kDouble).item<double>();
    count += tensor.numel();
  }
  return sum / static_cast<double>(count);
}

const sdk::SquaredGradients& squares(const test::PluginRun& run) {
  return std::get<sdk::SquaredGradients>(run.resolution.passes.front().pass.work);
}

}  // namespace

TEST_CASE("ewc measures and holds every parameter of the trunk, and carries what it measured") {
  const test::PluginRun run("ewc", options());
  const ResolvedPass& pass = run.resolution.passes.front();
  CHECK(pass.parameters.size() == 5 + 32 + 2);
  CHECK(pass.labels == sdk::LabelMode::exact);
  CHECK(pass.pass.samples == 500);
  CHECK(pass.pass.when == sdk::Pass::When::before_training);
  CHECK(run.resolution.penalties.front().claim.watched.size() == 5 + 32 + 2);
  CHECK(run.resolution.find("ewc.importance." + kWords)->carried);
  CHECK(run.resolution.schedulable == std::vector<std::string>{"ewc.lambda"});
  CHECK(run.resolution.trainable_count() == test::resolved({}).trainable_count());
  CHECK(run.resolution.notes.front().second ==
        "holds 39 tensors; importance: automatic, on at most 500 rows of data.topics");
}

TEST_CASE("ewc leaves embeddings out where asked") {
  const test::PluginRun run("ewc", options({{"embeddings", test::boolean(false)}}));
  CHECK(run.resolution.passes.front().parameters.size() == 32 + 2);
  CHECK(run.resolution.find("ewc.importance." + kWords) == nullptr);
}

TEST_CASE("each estimator of ewc asks for its labels and its kind of squares") {
  const std::map<std::string, std::pair<sdk::LabelMode, sdk::SquareMode>> estimators = {
      {"exact", {sdk::LabelMode::exact, sdk::SquareMode::per_sample}},
      {"sampled", {sdk::LabelMode::sampled, sdk::SquareMode::per_sample}},
      {"empirical", {sdk::LabelMode::given, sdk::SquareMode::per_sample}},
      {"predicted", {sdk::LabelMode::predicted, sdk::SquareMode::per_sample}},
      {"batched", {sdk::LabelMode::given, sdk::SquareMode::batch_mean}}};
  for (const auto& [name, modes] : estimators) {
    INFO(name);
    const test::PluginRun run("ewc", options({{"estimator", test::string(name)}}));
    CHECK(run.resolution.passes.front().labels == modes.first);
    CHECK(squares(run).squares == modes.second);
  }
}

TEST_CASE("importance is the squared gradient over its mean without embeddings, whatever the gradients' scale") {
  test::PluginRun run("ewc", options()), scaled("ewc", options());
  const InitServices services = measured(run.resolution);
  run.apply(services);
  scaled.apply(measured(scaled.resolution, 1e-9));
  CHECK(mean_without_embeddings(run.claimed(), "ewc.importance.") == Approx(1).epsilon(1e-6));
  const auto& raw = services.passes.at("ewc.fisher").squares;
  const double mean = mean_without_embeddings(raw, "");
  for (const auto& [name, tensor] : raw) {
    const at::Tensor importance = run.claimed().at("ewc.importance." + name);
    CHECK(at::allclose(importance, tensor / mean, 1e-6, 0));
    CHECK(at::allclose(importance, scaled.claimed().at("ewc.importance." + name), 1e-5, 0));
  }
}

TEST_CASE("leaving embeddings out does not change the importance of the rest") {
  test::PluginRun with("ewc", options()), without("ewc", options({{"embeddings", test::boolean(false)}}));
  const InitServices services = measured(with.resolution);
  with.apply(services);
  without.apply(services);
  for (const auto& [name, importance] : without.claimed()) CHECK(at::equal(importance, with.claimed().at(name)));
}

TEST_CASE("importance that an earlier run carried along counts by the decay") {
  test::PluginRun fresh("ewc", options()), later("ewc", options({{"decay", test::number(0.5)}}));
  InitServices services = measured(fresh.resolution);
  fresh.apply(services);
  services.carried["ewc.importance." + kPooler] = at::full({8, 8}, 3.0);
  later.apply(services);
  const at::Tensor alone = fresh.claimed().at("ewc.importance." + kPooler);
  CHECK(at::allclose(later.claimed().at("ewc.importance." + kPooler), alone + 1.5, 1e-6, 1e-6));
  CHECK(at::equal(later.claimed().at("ewc.importance." + kWords), fresh.claimed().at("ewc.importance." + kWords)));
}

TEST_CASE("ewc keeps how large, how uneven and how sparse the raw squares were") {
  test::PluginRun run("ewc", options());
  InitServices services = measured(run.resolution);
  at::Tensor pooler = services.passes.at("ewc.fisher").squares.at(kPooler);
  pooler[0][0] = 7;
  pooler[1].zero_();
  services.passes.at("ewc.fisher").squares.at(kWords).fill_(100);  // left out of all three
  run.apply(services);
  const auto numbers = run.strategies.save_state().front().numbers;
  const auto& raw = services.passes.at("ewc.fisher").squares;
  CHECK(numbers.at("mean_of_squares") == Approx(mean_without_embeddings(raw, "")));
  CHECK(numbers.at("largest_square") == 7);
  CHECK(numbers.at("share_of_zeros") == Approx(8.0 / (1200 + 72)));
}

TEST_CASE("ewc refuses data under which nothing matters, and a recipe without data") {
  CHECK(test::refusal<PluginError>([] {
          test::PluginRun run("ewc", options());
          run.apply(measured(run.resolution, 0));
        }) ==
        "recipe.lua:7: strategy 'ewc', initialise: every squared gradient on the given data is zero, so nothing is "
        "important. Fix: check that the head of that data's task has been trained");
  CHECK(test::refusal<RecipeError>([] { test::PluginRun run("ewc"); }) ==
        "recipe.lua:7: strategy 'ewc' needs the option 'data' (allowed: a string). Fix: set data: the data set of the "
        "original task on which importance is measured");
}

// The plugins l2_sp, replay and weight_interpolation through the host.
#include "plugin_run.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

// Two parameters that trained from 1 to 3, and from 0 to -1.
class TwoTrained final : public sdk::FinishView {
 public:
  const sdk::ModelView& model() const override { return model_; }
  std::vector<std::string> trained() const override { return {"up", "down"}; }
  at::Tensor start(const std::string& name) const override { return name == "up" ? at::ones({2}) : at::zeros({2}); }
  at::Tensor parameter(const std::string& name) const override { return at::full({2}, name == "up" ? 3.0 : -1.0); }
  Scored candidate(const std::string& label, const std::map<std::string, at::Tensor>& weights) override {
    CHECK(weights.size() == 2);
    seen.push_back(label + ": " + std::to_string(weights.at("up")[1].item<float>()) + " " +
                   std::to_string(weights.at("down")[0].item<float>()));
    return {};
  }

  std::vector<std::string> seen;

 private:
  sdk::ModelView model_;
};

recipe::Value points(const std::vector<double>& alphas) {
  auto mixed = std::make_shared<recipe::Mixed>();
  for (const double alpha : alphas) mixed->list.push_back(test::number(alpha));
  return test::value({mixed, {}, ""}, 8);
}

std::string refused(const std::string& id, recipe::Table options) {
  try {
    const test::PluginRun run(id, std::move(options));
    return "accepted";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("l2_sp holds every parameter of the trunk equally firmly where it was") {
  test::PluginRun run("l2_sp", {{"strength", test::number(0.25)}});
  run.apply();
  const BoundPenalty& penalty = run.strategies.bound().penalties.front();
  CHECK(penalty.name == "l2_sp.pull");
  CHECK(penalty.schedulable == "l2_sp.strength");
  CHECK(penalty.weight == 0.25);
  CHECK(penalty.watched.size() == 5 + 32 + 2);
  for (const BoundWatched& watched : penalty.watched) {
    CHECK_FALSE(watched.importance.defined());
    CHECK(at::equal(watched.anchor, watched.weight.detach()));
    CHECK(watched.anchor.data_ptr() != watched.weight.data_ptr());
  }
  CHECK(refused("l2_sp", {{"strength", test::number(-1)}}) ==
        "recipe.lua:8: l2_sp.strength is -1 (allowed: 0 to 1e+12)");
}

TEST_CASE("replay mixes its data set in at its share") {
  const test::PluginRun run(
      "replay", {{"data", test::string("topics")}, {"share", test::number(0.125)}, {"rows", test::number(20)}});
  const sdk::Mix& mix = run.resolution.mixes.front().claim;
  CHECK(mix.data == "topics");
  CHECK(mix.share == 0.125);
  CHECK(mix.rows == 20);
  CHECK(run.resolution.notes.front().second == "12.5 % of what a step sees is from data.topics, of 20 of its rows");
}

TEST_CASE("replay refuses shares that are none, and a recipe without data") {
  for (const auto& [share, text] : std::vector<std::pair<double, std::string>>{{0, "0"}, {0.91, "0.91"}}) {
    CHECK(refused("replay", {{"data", test::string("topics")}, {"share", test::number(share)}}) ==
          "recipe.lua:8: replay.share is " + text + " (allowed: greater than 0 and at most 0.9)");
  }
  CHECK(refused("replay", {}) ==
        "recipe.lua:7: strategy 'replay' needs the option 'data' (allowed: a string). Fix: set data: the data set that "
        "is replayed, each example to its own task's head");
}

TEST_CASE("weight interpolation scores the points between the old weights and the new ones, both ends exactly") {
  test::PluginRun run("weight_interpolation", {{"alphas", points({0, 0.25, 0.3, 1})}});
  run.apply();
  TwoTrained view;
  run.strategies.finish(view);
  CHECK(view.seen == std::vector<std::string>{"alpha 0: 1.000000 0.000000", "alpha 0.25: 1.500000 -0.250000",
                                              "alpha 0.3: 1.600000 -0.300000", "alpha 1: 3.000000 -1.000000"});
}

TEST_CASE("weight interpolation goes from 0 to 1 by tenths unless told otherwise") {
  test::PluginRun run("weight_interpolation");
  run.apply();
  TwoTrained view;
  run.strategies.finish(view);
  REQUIRE(view.seen.size() == 11);
  CHECK(view.seen[7].rfind("alpha 0.7:", 0) == 0);
}

TEST_CASE("weight interpolation refuses points beyond the ends, and none at all") {
  CHECK(refused("weight_interpolation", {{"alphas", points({0.5, 1.5})}}) ==
        "recipe.lua:8: weight_interpolation.alphas is { 0.5, 1.5 } (allowed: 0 to 1)");
  CHECK(
      refused("weight_interpolation", {{"alphas", points({})}}) ==
      "recipe.lua:7: strategy 'weight_interpolation', construction: alphas is empty. Fix: name at least one point, for "
      "instance 0.5");
}

#include <engram/sdk.hpp>

#include "support/catch.hpp"

using namespace engram;

namespace {

class Nothing final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "nothing";
  static sdk::Schema schema() { return {"Does nothing.", {sdk::integer("size", 3).range(1, 9)}}; }
  explicit Nothing(const sdk::Settings& settings) : size(settings.integer("size")) {}
  void plan(const sdk::ModelView&, sdk::Plan& plan) override { plan.tensor("t", {size}, "zeros"); }
  int64_t size;
};

}  // namespace

TEST_CASE("a registered strategy is described and made from settings") {
  sdk::Registrar registrar;
  registrar.strategy<Nothing>();
  REQUIRE(registrar.strategies().size() == 1);
  const sdk::StrategyDescription& description = registrar.strategies().front();
  REQUIRE(description.id == "nothing");
  REQUIRE(description.schema.parameters.front().most == 9);
  sdk::Plan plan;
  description.make(sdk::Settings({{"size", int64_t{5}}}))->plan({}, plan);
  REQUIRE(std::get<sdk::Tensor>(plan.claims().front()).shape == std::vector<int64_t>{5});
}

TEST_CASE("an id is registered once") {
  sdk::Registrar registrar;
  registrar.strategy<Nothing>();
  REQUIRE_THROWS_WITH(registrar.strategy<Nothing>(), "the plugin registers the strategy 'nothing' twice");
}

// A strategy built outside engram's tree, against the installed SDK alone.
#include <engram/sdk.hpp>

namespace {

namespace sdk = engram::sdk;

class Stranger final : public sdk::Strategy {
 public:
  static constexpr const char* kId = "stranger";
  static sdk::Schema schema() { return {"Claims nothing.", {sdk::integer("size", 3).range(1, 9).doc("A number.")}}; }
  explicit Stranger(const sdk::Settings&) {}
  void plan(const sdk::ModelView&, sdk::Plan&) override {}
};

}  // namespace

ENGRAM_PLUGIN(registrar) { registrar.strategy<Stranger>(); }

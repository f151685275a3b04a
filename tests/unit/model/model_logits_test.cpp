// Golden logits by transformers (tests/golden/model_logits.py). Tolerance 2e-5: fp32 sums of padded batches there and
// of packed ones here run in another order.
#include "model/safetensors.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

constexpr double kTolerance = 2e-5;

struct Golden {
  std::vector<std::vector<int64_t>> ids;
  std::vector<std::vector<int64_t>> types;
  at::Tensor logits;
};

Golden read_golden(const std::string& name) {
  const Json json = read_json(golden(name) / "expected.json");
  std::vector<at::Tensor> rows;
  for (const Json& row : json.at("logits")) rows.push_back(at::tensor(row.get<std::vector<double>>(), at::kDouble));
  return {.ids = json.at("ids").get<std::vector<std::vector<int64_t>>>(),
          .types = json.at("types").get<std::vector<std::vector<int64_t>>>(),
          .logits = at::stack(rows)};
}

}  // namespace

TEST_CASE("logits of small BERTs of several shapes are those of transformers, in batches of mixed lengths") {
  const c10::NoGradGuard no_grad;
  for (const std::string name : {"gelu", "deep", "relu", "silu"}) {
    INFO(name);
    const Golden expected = read_golden(name);
    const auto model = load_model(golden(name), "task");
    CHECK(largest_difference(model->logits(batch_of(expected.ids, expected.types), "task", {}), expected.logits) <
          kTolerance);
  }
}

TEST_CASE("a sequence's logits do not depend on what shares its batch") {
  const c10::NoGradGuard no_grad;
  const Golden expected = read_golden("gelu");
  const auto model = load_model(golden("gelu"), "task");
  for (size_t b = 0; b < expected.ids.size(); ++b) {
    const at::Tensor alone = model->logits(batch_of({expected.ids[b]}, {expected.types[b]}), "task", {});
    CHECK(largest_difference(alone[0], expected.logits[static_cast<int64_t>(b)]) < kTolerance);
  }
}

TEST_CASE("taps and the whole last block do not change the logits") {
  const c10::NoGradGuard no_grad;
  const Golden expected = read_golden("deep");
  const auto model = load_model(golden("deep"), "task");
  Pass pass;
  pass.on_tap = [](const std::string&, const at::Tensor&) {};
  const at::Tensor logits = model->logits(batch_of(expected.ids, expected.types), "task", pass);
  CHECK(largest_difference(logits, expected.logits) < kTolerance);
}

TEST_CASE("logits of the real MiniLM are those of transformers") {
  if (!fs::exists(minilm())) {
    WARN("MiniLM is not unpacked");
    return;
  }
  const c10::NoGradGuard no_grad;
  const Golden expected = read_golden("minilm");
  const SafetensorsFile head(golden("minilm/head.safetensors"));
  const auto model = load_model(minilm(), "");
  model->set_head({.task = "news",
                   .labels = {"World", "Sports", "Business", "Sci/Tech"},
                   .weight = head.tensor("weight"),
                   .bias = head.tensor("bias")});
  CHECK(largest_difference(model->logits(batch_of(expected.ids, expected.types), "news", {}), expected.logits) <
        kTolerance);
}

}  // namespace engram::model::test

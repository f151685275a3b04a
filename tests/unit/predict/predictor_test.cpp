// Predictions come in the order of the queries whoever labels them, and leave the base bit for bit as it was.
#include "predict/predictor.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/errors.hpp"
#include "base/interrupt.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

constexpr const char* kTask = "wind";
constexpr const char* kSite = "encoder.layer.1.attention.self.query";

std::string text_of(int64_t i) {
  std::string text = "w" + std::to_string(5 + i % 90);
  for (int64_t word = 0; word < i % 7; ++word) text += " w" + std::to_string(5 + (i * 13 + word * 31) % 90);
  return text;
}

std::vector<predict::Query> queries(int64_t count) {
  std::vector<predict::Query> list;
  for (int64_t i = 0; i < count; ++i) list.push_back({.text = text_of(i)});
  return list;
}

// A model with "base", and two variants that each put an update on one projection.
struct Tiny {
  model::Model* model = nullptr;
  std::unique_ptr<predict::Predictor> predictor;
  int on = 0;     // how many are on the model now
  int times = 0;  // how often one was put on

  explicit Tiny(at::Device device, predict::BatchLimits limits = {}) {
    auto loaded = model::load_model(golden_folder() / "model", kTask);
    loaded->move_to(device);
    model = loaded.get();
    std::vector<predict::Variant> variants;
    for (const char* name : {"base", "one", "two"}) {
      variants.push_back({.name = name,
                          .task = kTask,
                          .labels = model->find_head(kTask)->labels,
                          .max_length = model->view().max_positions});
    }
    for (size_t i = 1; i < variants.size(); ++i) {
      const at::Tensor a = at::linspace(0, static_cast<double>(i), model->view().hidden, device).unsqueeze(0);
      const at::Tensor b = at::linspace(-1, 1, model->view().hidden, device).unsqueeze(1);
      variants[i].under = [this, a, b](const std::function<void()>& work) {
        struct Off {
          Tiny& tiny;
          ~Off() { tiny.model->detach_all(), --tiny.on; }
        };
        model->attach(kSite, model::BoundLowRank{.a = a, .b = b});
        ++on, ++times;
        const Off off{*this};
        work();
      };
    }
    predictor = std::make_unique<predict::Predictor>(
        std::move(loaded), data::Tokenizer(golden_folder() / "model/tokenizer.json"), std::move(variants), limits);
  }
};

void check_same(const predict::Prediction& made, const predict::Prediction& expected) {
  CHECK(made.label == expected.label);
  REQUIRE(made.probabilities.size() == expected.probabilities.size());
  for (size_t i = 0; i < made.probabilities.size(); ++i) {
    CHECK(std::abs(made.probabilities[i] - expected.probabilities[i]) < 2e-6F);
  }
}

at::Tensor logits(const model::Model& model) {
  const at::NoGradGuard no_grad;
  return model.logits(data::pack(golden_examples(), std::vector<int64_t>{0, 1, 2, 3}).to(model.device()), kTask, {});
}

}  // namespace

TEST_CASE("predictions come in the order of the queries, each as if it were alone") {
  for (const at::Device device : devices()) {
    Tiny tiny(device, {.tokens = 16});
    const std::vector<predict::Query> asked = queries(40);
    const std::vector<predict::Prediction> made = tiny.predictor->label(asked);
    REQUIRE(made.size() == asked.size());
    for (size_t i = 0; i < asked.size(); ++i) check_same(made[i], tiny.predictor->label({asked[i]}).front());
    CHECK(made[0].probabilities != made[1].probabilities);
  }
}

TEST_CASE("rows of several variants are mixed at will, and each variant is put on once") {
  for (const at::Device device : devices()) {
    Tiny tiny(device);
    std::vector<predict::Query> asked = queries(30);
    for (size_t i = 0; i < asked.size(); ++i) asked[i].variant = i % 3;
    const std::vector<predict::Prediction> made = tiny.predictor->label(asked);
    CHECK(tiny.times == 2);
    for (size_t i = 0; i < asked.size(); ++i) check_same(made[i], tiny.predictor->label({asked[i]}).front());
    std::vector<predict::Query> same(3, asked.front());
    for (size_t i = 0; i < 3; ++i) same[i].variant = i;
    const std::vector<predict::Prediction> three = tiny.predictor->label(same);
    CHECK(three[0].probabilities != three[1].probabilities);
    CHECK(three[1].probabilities != three[2].probabilities);
  }
}

TEST_CASE("after any variant the base is bit for bit what it was, also when the work was interrupted") {
  for (const at::Device device : devices()) {
    Tiny tiny(device);
    const at::Tensor before = logits(*tiny.model);
    std::vector<predict::Query> asked = queries(9);
    for (size_t i = 0; i < asked.size(); ++i) asked[i].variant = i % 3;
    (void)tiny.predictor->label(asked);
    CHECK(logits(*tiny.model).equal(before));
    interrupt::request();
    asked = {{.text = "w5", .variant = 1}};
    CHECK_THROWS_AS(tiny.predictor->label(asked), interrupt::Interrupted);
    interrupt::clear();
    CHECK(tiny.on == 0);
    CHECK(logits(*tiny.model).equal(before));
  }
}

TEST_CASE("no queries make no predictions, and put nothing on") {
  Tiny tiny(at::kCPU);
  CHECK(tiny.predictor->label({}).empty());
  CHECK(tiny.times == 0);
}

TEST_CASE("a text that is too long is cut where the model stops reading") {
  Tiny tiny(at::kCPU);
  const int64_t room = tiny.model->view().max_positions - 2;  // beside the special tokens
  std::string enough = "w5", huge = "w5";
  for (int64_t word = 1; word < room; ++word) enough += " w" + std::to_string(5 + word % 90);
  huge = enough;
  while (huge.size() < 3 << 20) huge += " w40 w41 \xc3\xa9";
  const std::vector<predict::Prediction> made = tiny.predictor->label({{.text = huge}, {.text = enough}});
  check_same(made[0], made[1]);
}

TEST_CASE("pairs are read as pairs") {
  Tiny tiny(at::kCPU);
  const std::vector<predict::Query> asked = {{.text = "w5 w6", .pair = "w40"}, {.text = "w5", .pair = "w6 w40"}};
  const std::vector<predict::Prediction> made = tiny.predictor->label(asked);
  CHECK(made[0].probabilities != made[1].probabilities);
  CHECK(made[0].probabilities != tiny.predictor->label({{.text = "w5 w6 w40"}}).front().probabilities);
}

TEST_CASE("weights that are no numbers are told, and never a label") {
  Tiny tiny(at::kCPU);
  const at::NoGradGuard no_grad;
  tiny.model->parameter("pooler.dense.bias").fill_(std::nan(""));
  try {
    (void)tiny.predictor->label({{.text = "w5"}});
    FAIL("labelled");
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    CHECK(std::string(error.what()).find("the probabilities of the head 'wind' are no finite numbers") !=
          std::string::npos);
  }
}

// Prefixes and prompts: against PEFT (tests/golden/virtual_tokens.py), and that they come and go without a trace.
#include "model_support.hpp"

namespace engram::model::test {
namespace {

// fp32 sums in another order than in padded batches.
constexpr double kTolerance = 2e-5;
constexpr int64_t kTokens = 3;
const std::vector<std::vector<int64_t>> kIds = {{3, 7, 11, 2, 30}, {5}, {9, 1, 4}};

std::unique_ptr<Model> small() { return load_model(golden("gelu"), "task"); }

at::Tensor random(std::vector<int64_t> shape, uint64_t seed) { return at::empty(shape).normal_(0, 1, generator(seed)); }

at::Tensor tensor_of(const Json& json) {
  return at::tensor(json.at("values").get<std::vector<double>>(), at::kDouble)
      .to(at::kFloat)
      .view(json.at("shape").get<std::vector<int64_t>>());
}

// PEFT's rows: for one layer after the other the keys, then the values.
void attach_rows(Model& model, const std::function<at::Tensor()>& rows) {
  const int64_t width = model.view().hidden;
  for (const sdk::AttentionSite& site : model.view().attention_sites) {
    model.attach_prefix(site.name, {.tokens = rows().size(0), .source = [rows, width, layer = site.layer] {
                                      const at::Tensor all = rows();
                                      return sdk::KeysValues{all.narrow(1, 2 * layer * width, width),
                                                             all.narrow(1, (2 * layer + 1) * width, width)};
                                    }});
  }
}

void attach_prompt(Model& model, const at::Tensor& prompt) {
  model.attach_prompt({.tokens = prompt.size(0), .source = [prompt] { return prompt; }});
}

// Attaches a prefix, or the prompt, of kTokens tokens made of the returned leaf.
at::Tensor attach(Model& model, const std::string& kind, uint64_t seed = 1) {
  const int64_t width = model.view().hidden;
  const at::Tensor leaf = random({kTokens, kind == "prefix" ? 2 * model.view().layers * width : width}, seed);
  if (kind == "prefix") {
    attach_rows(model, [leaf] { return leaf; });
  } else {
    attach_prompt(model, leaf);
  }
  return leaf;
}

void attach_golden(Model& model, const Json& entry) {
  const Json& tensors = entry.at("tensors");
  if (entry.at("name") == "prompt") return attach_prompt(model, tensor_of(tensors.at("embedding.weight")));
  if (!tensors.contains("transform.0.weight")) {
    return attach_rows(model, [rows = tensor_of(tensors.at("embedding.weight"))] { return rows; });
  }
  attach_rows(model, [&tensors] {
    const auto part = [&](const char* name) { return tensor_of(tensors.at(name)); };
    const at::Tensor hidden =
        at::tanh(at::linear(part("embedding.weight"), part("transform.0.weight"), part("transform.0.bias")));
    return at::linear(hidden, part("transform.2.weight"), part("transform.2.bias"));
  });
}

}  // namespace

TEST_CASE("logits under PEFT's prefixes and prompts are those of PEFT, in batches of mixed lengths") {
  const c10::NoGradGuard no_grad;
  const Json cases = read_json(fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/virtual_tokens.json");
  REQUIRE(cases.size() == 4);
  for (const Json& entry : cases) {
    INFO(entry.at("name"));
    const auto model = load_model(golden(entry.at("model")), "task");
    attach_golden(*model, entry);
    CHECK(model->virtual_tokens() == entry.at("tokens"));
    const auto ids = entry.at("ids").get<std::vector<std::vector<int64_t>>>();
    const auto types = entry.at("types").get<std::vector<std::vector<int64_t>>>();
    std::vector<at::Tensor> rows;
    for (const Json& row : entry.at("logits")) rows.push_back(at::tensor(row.get<std::vector<double>>(), at::kDouble));
    const at::Tensor logits = model->logits(batch_of(ids, types), "task", {});
    CHECK(largest_difference(logits, at::stack(rows)) < kTolerance);
    const Pass whole_last_block{.on_tap = [](const std::string&, const at::Tensor&) {}};
    CHECK(largest_difference(model->logits(batch_of(ids, types), "task", whole_last_block), at::stack(rows)) <
          kTolerance);
    for (size_t b = 0; b < ids.size(); ++b) {
      const at::Tensor alone = model->logits(batch_of({ids[b]}, {types[b]}), "task", {});
      CHECK(largest_difference(alone[0], rows[b]) < kTolerance);
    }
  }
}

TEST_CASE("without adapters, and after detaching, prefix and prompt leave the base's logits bit for bit") {
  const c10::NoGradGuard no_grad;
  const data::Batch batch = batch_of(kIds);
  for (const std::string kind : {"prefix", "prompt"}) {
    INFO(kind);
    const auto model = small();
    const at::Tensor base = model->logits(batch, "task", {});
    attach(*model, kind);
    CHECK(largest_difference(model->logits(batch, "task", {}), base) > 1e-3);
    CHECK(at::equal(model->logits(batch, "task", {.adapters = false}), base));
    CHECK(model->virtual_tokens() == kTokens);
    model->detach_all();
    CHECK(model->virtual_tokens() == 0);
    CHECK(at::equal(model->logits(batch, "task", {}), base));
  }
}

TEST_CASE("a prefix moves text positions: positions that no text has any more do not matter") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  attach(*model, "prefix");
  const data::Batch batch = batch_of(kIds);
  const at::Tensor before = model->logits(batch, "task", {});
  const at::Tensor positions = model->parameter("embeddings.position_embeddings.weight");
  at::Tensor(positions.narrow(0, 0, kTokens)).fill_(100);
  at::Tensor(positions.narrow(0, kTokens + 5, 32 - kTokens - 5)).fill_(100);
  CHECK(at::equal(model->logits(batch, "task", {}), before));
  at::Tensor(positions[kTokens]).add_(random({16}, 2));
  CHECK_FALSE(at::equal(model->logits(batch, "task", {}), before));
}

TEST_CASE("a prefix at some attention sites only reaches those") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const at::Tensor keys = random({kTokens, 16}, 1), values = random({kTokens, 16}, 2);
  model->attach_prefix("encoder.layer.1.attention", {.tokens = kTokens, .source = [&] {
                                                       return sdk::KeysValues{keys, values};
                                                     }});
  std::vector<at::Tensor> taps;
  const Pass keep{.on_tap = [&](const std::string&, const at::Tensor& hidden) { taps.push_back(hidden); }};
  model->logits(batch, "task", keep);
  const at::Tensor first_block = taps[1], second_block = taps[2];
  keys.add_(1);
  taps.clear();
  model->logits(batch, "task", keep);
  CHECK(at::equal(taps[1], first_block));
  CHECK_FALSE(at::equal(taps[2], second_block));
}

TEST_CASE("gradients reach every element of a prefix and of a prompt, and agree with finite differences") {
  for (const std::string kind : {"prefix", "prompt"}) {
    for (const bool equal_lengths : {false, true}) {
      INFO(kind << " " << equal_lengths);
      const auto model = small();
      const at::Tensor leaf = attach(*model, kind);
      leaf.set_requires_grad(true);
      const data::Batch batch = batch_of(equal_lengths ? decltype(kIds){{3, 7}, {5, 9}, {9, 1}} : kIds);
      const at::Tensor weights = random({3, 3}, 4);
      const auto loss = [&] { return (model->logits(batch, "task", {}) * weights).sum(); };
      loss().backward();
      CHECK(leaf.grad().ne(0).all().item<bool>());
      for (const NamedTensor& named : model->parameters()) CHECK_FALSE(named.tensor.grad().defined());
      const at::Tensor direction = random(leaf.sizes().vec(), 5);
      const double expected = (leaf.grad() * direction).sum().item<double>();
      const c10::NoGradGuard no_grad;
      const double step = 1e-3;
      leaf.add_(direction, step);
      const double above = loss().item<double>();
      leaf.add_(direction, -2 * step);
      // 2 %: central differences of an fp32 loss with a step of 1e-3.
      CHECK((above - loss().item<double>()) / (2 * step) == Approx(expected).epsilon(0.02).margin(0.005));
    }
  }
}

TEST_CASE("sources are asked once per pass, and not in a pass without adapters") {
  const c10::NoGradGuard no_grad;
  const data::Batch batch = batch_of(kIds);
  const at::Tensor rows = random({kTokens, 16}, 1);
  int asked = 0;
  const auto model = small();
  model->attach_prompt({.tokens = kTokens, .source = [&] { return ++asked, rows; }});
  model->logits(batch, "task", {});
  CHECK(asked == 1);
  model->logits(batch, "task", {.adapters = false});
  CHECK(asked == 1);
  model->detach_all();
  for (const sdk::AttentionSite& site : model->view().attention_sites) {
    model->attach_prefix(site.name, {.tokens = kTokens, .source = [&] {
                                       ++asked;
                                       return sdk::KeysValues{rows, rows};
                                     }});
  }
  model->logits(batch, "task", {});
  CHECK(asked == 1 + 2);
  model->logits(batch, "task", {.adapters = false});
  CHECK(asked == 1 + 2);
}

TEST_CASE("taps show a prompt's tokens before each sequence's own, and a prefix adds none") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  const auto rows_of_taps = [&](const Pass& how) {
    Pass pass = how;
    int64_t rows = 0;
    pass.on_tap = [&](const std::string&, const at::Tensor& hidden) { rows = hidden.size(0); };
    CHECK(model->encode(batch, pass).size(0) == rows);
    CHECK(model->tap_offsets(batch, pass).back() == rows);
    return rows;
  };
  CHECK(rows_of_taps({}) == 9);
  attach(*model, "prefix");
  CHECK(rows_of_taps({}) == 9);
  model->detach_all();
  attach(*model, "prompt");
  CHECK(rows_of_taps({}) == 9 + 3 * kTokens);
  CHECK(rows_of_taps({.adapters = false}) == 9);
  CHECK(model->tap_offsets(batch, {}) == std::vector<int64_t>{0, 8, 12, 18});
}

TEST_CASE("attention dropout drops prefix keys too and repeats with its generator") {
  const c10::NoGradGuard no_grad;
  const auto model = small();
  const data::Batch batch = batch_of(kIds);
  for (const std::string kind : {"prefix", "prompt"}) {
    attach(*model, kind);
    const auto run = [&](uint64_t seed) {
      return model->logits(batch, "task", {.training = true, .dropout_generator = generator(seed)});
    };
    CHECK(at::equal(run(1), run(1)));
    CHECK_FALSE(at::equal(run(1), run(2)));
    model->detach_all();
  }
}

TEST_CASE("virtual tokens count against the model's positions") {
  const auto model = small();
  attach(*model, "prefix");
  CHECK_NOTHROW(model->encode(batch_of({std::vector<int64_t>(29, 1)}), {}));
  CHECK(refusal<InternalError>([&] { model->encode(batch_of({std::vector<int64_t>(30, 1)}), {}); }) ==
        "a sequence of 30 tokens and 3 virtual ones reached the model (allowed: at most 32 tokens)");
  CHECK_NOTHROW(model->encode(batch_of({std::vector<int64_t>(30, 1)}), {.adapters = false}));
}

TEST_CASE("what does not go together, or has the wrong shape, is refused") {
  const auto model = small();
  const at::Tensor rows = random({kTokens, 16}, 1);
  const BoundPrefix prefix{.tokens = kTokens, .source = [&] { return sdk::KeysValues{rows, rows}; }};
  const BoundPrompt prompt{.tokens = kTokens, .source = [&] { return rows; }};
  CHECK(contains(refusal<InternalError>([&] { model->attach_prefix("encoder.layer.1.atention", prefix); }),
                 "no attention site 'encoder.layer.1.atention'; did you mean 'encoder.layer.1.attention'"));
  model->attach_prefix("encoder.layer.1.attention", prefix);
  CHECK(contains(refusal<InternalError>([&] { model->attach_prefix("encoder.layer.1.attention", prefix); }),
                 "an attention site got a second prefix"));
  CHECK(contains(refusal<InternalError>([&] {
                   model->attach_prefix("encoder.layer.0.attention", {.tokens = 2, .source = prefix.source});
                 }),
                 "a prefix of 2 tokens does not go with what is attached"));
  CHECK(contains(refusal<InternalError>([&] { model->attach_prompt(prompt); }),
                 "a prompt of 3 tokens does not go with what is attached"));
  model->detach_all();
  model->attach_prompt({.tokens = 2, .source = prompt.source});
  CHECK(contains(refusal<InternalError>([&] { model->attach_prefix("encoder.layer.0.attention", prefix); }),
                 "a prefix of 3 tokens does not go with what is attached"));
  CHECK(contains(refusal<InternalError>([&] { model->encode(batch_of(kIds), {}); }),
                 "a prompt does not have the shape (2, 16)"));
  model->detach_all();
  model->attach_prefix("encoder.layer.0.attention", {.tokens = 2, .source = prefix.source});
  CHECK(contains(refusal<InternalError>([&] { model->encode(batch_of(kIds), {}); }),
                 "a prefix's keys or values do not have the shape (2, 16)"));
}

}  // namespace engram::model::test

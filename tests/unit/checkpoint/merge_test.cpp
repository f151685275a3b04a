// Merging: the weights that compute what the adapter computes, points on the line to the base, and the way back.
#include "checkpoint/merge.hpp"

#include <ATen/core/grad_mode.h>

#include <unistd.h>

#include <cstring>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "checkpoint/merged_folder.hpp"
#include "model/folder.hpp"
#include "model/safetensors.hpp"
#include "model/tensors_hash.hpp"
#include "support/catch.hpp"
#include "support/tiny_bert.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

namespace fs = std::filesystem;

constexpr const char* kTask = "wind";
const std::string kQuery0 = "encoder.layer.0.attention.self.query";

fs::path scratch(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("engram_merge_" + std::to_string(getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::unique_ptr<model::Model> base_model() { return model::load_model(golden_folder() / "model", kTask); }

fs::path peft_adapter(const std::string& name) {
  return fs::path(ENGRAM_SOURCE_DIR) / "tests/golden/peft_adapters" / name;
}

// What peft saved, with DoRA, rank patterns and biases.
checkpoint::Adapter dora_adapter() { return checkpoint::read_adapter(peft_adapter("dora"), base_model()->view()); }

// Random LoRA pairs on two sites, and a bias.
checkpoint::Adapter lora_adapter() {
  const auto base = base_model();
  checkpoint::Adapter adapter;
  for (const char* site : {"encoder.layer.0.attention.self.query", "encoder.layer.1.output.dense"}) {
    const at::Tensor weight = base->parameter(std::string(site) + ".weight");
    adapter.updates.push_back({.site = site,
                               .a = at::randn({3, weight.size(1)}).mul(0.3),
                               .b = at::randn({weight.size(0), 3}).mul(0.3),
                               .scale = 1.5});
  }
  const std::string bias = kQuery0 + ".bias";
  adapter.parameters.push_back({bias, base->parameter(bias).detach() + 0.25});
  return adapter;
}

at::Tensor logits(const model::Model& model) {
  const at::NoGradGuard no_grad;
  return model.logits(data::pack(golden_examples(), std::vector<int64_t>{0, 1, 2, 3, 4, 5}), kTask, {});
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         std::memcmp(a.contiguous().const_data_ptr(), b.contiguous().const_data_ptr(), a.nbytes()) == 0;
}

std::map<std::string, at::Tensor> copies(const model::Model& model) {
  std::map<std::string, at::Tensor> all;
  for (const model::NamedTensor& entry : model.parameters()) all[entry.name] = entry.tensor.detach().clone();
  return all;
}

}  // namespace

TEST_CASE("merged weights compute what the adapter computes, with DoRA, biases and any scale") {
  at::manual_seed(1);
  for (const checkpoint::Adapter& adapter : {lora_adapter(), dora_adapter()}) {
    for (const checkpoint::MergeAmount amount :
         {checkpoint::MergeAmount{}, {.scale = 0.5}, {.scale = 2}, {.interpolate = 0.3}, {.scale = -1}}) {
      const auto base = base_model();
      at::Tensor wanted;
      {
        const checkpoint::ScaledAdapter on(*base, adapter, amount);
        wanted = logits(*base);
      }
      const auto merged = checkpoint::merged_parameters(*base, adapter, amount);
      const model::SwappedWeights swapped(*base, merged.values);
      CHECK(at::allclose(logits(*base), wanted, 1e-4, 1e-4));
      CHECK_FALSE(at::allclose(logits(*base_model()), wanted, 1e-2, 1e-2));
    }
  }
}

TEST_CASE("merged weights give the logits that peft gave with the adapter, whatever it trains") {
  for (const char* name : {"dora", "all_linear", "expression", "layers", "features", "half"}) {
    INFO(name);
    const auto base = base_model();
    const checkpoint::Adapter adapter = checkpoint::read_adapter(peft_adapter(name), base->view());
    const auto merged = checkpoint::merged_parameters(*base, adapter, {});
    const model::SwappedWeights swapped(*base, merged.values);
    model::Head head = *base->find_head(kTask);
    if (adapter.head_weight.defined()) {
      head.weight = adapter.head_weight;
      head.bias = adapter.head_bias;
    }
    base->set_head(head);
    const Json golden = read_json(peft_adapter(name) / "logits.json");
    std::vector<float> flat;
    for (size_t row = 0; row < 6; ++row) {
      for (const Json& value : golden[row]) flat.push_back(value.get<float>());
    }
    // "half" is peft's adapter on a base in bf16.
    const double tolerance = std::string(name) == "half" ? 5e-2 : 2e-5;
    CHECK(at::allclose(logits(*base), at::tensor(flat).reshape({6, 3}), tolerance, tolerance));
  }
}

TEST_CASE("an adapter scaled by 1 is the adapter") {
  const auto base = base_model();
  const checkpoint::Adapter adapter = dora_adapter();
  at::Tensor wanted;
  {
    const checkpoint::Attached attached(*base, adapter, *base->find_head(kTask));
    wanted = logits(*base);
  }
  const checkpoint::ScaledAdapter on(*base, adapter, {});
  CHECK(same_bits(logits(*base), wanted));
}

TEST_CASE("the scale multiplies the deltas of weights and biases") {
  const auto base = base_model();
  const checkpoint::Adapter adapter = lora_adapter();
  const auto merged = checkpoint::merged_parameters(*base, adapter, {.scale = 3});
  const checkpoint::PeftUpdate& update = adapter.updates.front();
  const at::Tensor weight = base->parameter(kQuery0 + ".weight").detach();
  CHECK(at::allclose(merged.values.at(kQuery0 + ".weight"), weight + 3 * 1.5 * at::matmul(update.b, update.a), 1e-5,
                     1e-5));
  const at::Tensor bias = base->parameter(kQuery0 + ".bias").detach();
  CHECK(at::allclose(merged.values.at(kQuery0 + ".bias"), bias + 0.75, 1e-5, 1e-5));
  CHECK(merged.values.size() == 3);
}

TEST_CASE("interpolation 0 is the base and 1 what was trained, bit for bit") {
  const auto base = base_model(), trained = base_model();
  {
    const at::NoGradGuard no_grad;
    for (const model::NamedTensor& entry : trained->parameters()) entry.tensor.add_(at::randn_like(entry.tensor), 0.1);
    trained->parameter(kQuery0 + ".bias")[0] = -0.0;  // a sign that adding would lose
  }
  CHECK(checkpoint::merged_parameters(*base, *trained, {.interpolate = 0}).values.empty());
  CHECK(checkpoint::merged_parameters(*base, lora_adapter(), {.interpolate = 0}).values.empty());
  for (const auto& [name, value] : checkpoint::merged_parameters(*base, *trained, {}).values) {
    CHECK(same_bits(value, trained->parameter(name).detach()));
  }
  const auto half = checkpoint::merged_parameters(*base, *trained, {.interpolate = 0.5}).values;
  for (const auto& [name, value] : half) {
    const at::Tensor mean = (base->parameter(name) + trained->parameter(name)).detach().div(2);
    CHECK(at::allclose(value, mean, 1e-5, 1e-6));
  }
}

TEST_CASE("a trained model and an adapter with the same deltas meet on the line to the base") {
  const auto base = base_model(), trained = base_model();
  const checkpoint::Adapter adapter = lora_adapter();
  const auto whole = checkpoint::merged_parameters(*base, adapter, {});
  const model::SwappedWeights swapped(*trained, whole.values);
  const auto by_adapter = checkpoint::merged_parameters(*base, adapter, {.interpolate = 0.25}).values;
  const auto by_model = checkpoint::merged_parameters(*base, *trained, {.interpolate = 0.25}).values;
  REQUIRE(by_model.size() == by_adapter.size());
  for (const auto& [name, value] : by_adapter) CHECK(at::allclose(value, by_model.at(name), 1e-5, 1e-6));
}

TEST_CASE("unmerging in memory restores every bit") {
  const auto base = base_model();
  const auto before = copies(*base);
  {
    const auto merged = checkpoint::merged_parameters(*base, dora_adapter(), {});
    const model::SwappedWeights swapped(*base, merged.values);
    CHECK_FALSE(same_bits(base->parameter(kQuery0 + ".weight").detach(), before.at(kQuery0 + ".weight")));
  }
  for (const auto& [name, value] : copies(*base)) CHECK(same_bits(value, before.at(name)));
  { const checkpoint::ScaledAdapter on(*base, dora_adapter(), {.scale = 0.5}); }
  for (const auto& [name, value] : copies(*base)) CHECK(same_bits(value, before.at(name)));
  CHECK(same_bits(logits(*base), logits(*base_model())));
}

TEST_CASE("prefixes and prompts cannot be merged, and broken numbers are not") {
  const auto base = base_model();
  checkpoint::Adapter adapter;
  adapter.folder = "runs/p";
  adapter.virtual_tokens.emplace();
  CHECK_THROWS_WITH(checkpoint::merged_parameters(*base, adapter, {}),
                    Catch::Contains("runs/p: a prefix adds keys and values of its own in front of every text, which no "
                                    "weight of the model can hold, so it cannot be merged. Fix: use the adapter as it "
                                    "is, beside its base"));
  adapter.virtual_tokens->kind = checkpoint::VirtualTokens::Kind::prompt;
  CHECK_THROWS_WITH(checkpoint::merged_parameters(*base, adapter, {}),
                    Catch::Contains("a prompt adds tokens of its own in front of every text"));
  checkpoint::Adapter broken = lora_adapter();
  broken.updates.front().a[0][0] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(checkpoint::merged_parameters(*base, broken, {}),
                    Catch::Contains("the merged " + kQuery0 + ".weight is not finite"));
}

TEST_CASE("rounding says how far weights move and how many changes vanish") {
  const auto base = base_model();
  checkpoint::Adapter adapter = lora_adapter();
  adapter.parameters.clear();
  const auto merged = checkpoint::merged_parameters(*base, adapter, {});
  const checkpoint::Rounding none = checkpoint::rounding_of(*base, merged, at::kFloat);
  CHECK(none.largest == 0);
  CHECK(none.rms == 0);
  CHECK(none.changed == merged.deltas);
  CHECK(none.vanished == 0);
  const checkpoint::Rounding bf16 = checkpoint::rounding_of(*base, merged, at::kBFloat16);
  const checkpoint::Rounding fp16 = checkpoint::rounding_of(*base, merged, at::kHalf);
  CHECK(bf16.largest > 4 * fp16.largest);  // 8 bits of mantissa, 11 bits of it
  CHECK(bf16.rms > 0);
  CHECK(bf16.rms < bf16.largest);
  // Changes of a millionth are below what bf16 can tell apart almost everywhere.
  const auto tiny = checkpoint::merged_parameters(*base, adapter, {.scale = 1e-6});
  const checkpoint::Rounding lost = checkpoint::rounding_of(*base, tiny, at::kBFloat16);
  CHECK(lost.vanished > lost.changed * 9 / 10);
}

TEST_CASE("a head is read in the order of other labels, or not at all") {
  const model::Head head{.task = "t", .labels = {"a", "b"}, .weight = at::eye(2), .bias = at::arange(2).to(at::kFloat)};
  const model::Head turned = checkpoint::in_order_of(head, {"b", "a"});
  CHECK(turned.labels == std::vector<std::string>{"b", "a"});
  CHECK(turned.weight[0][1].item<float>() == 1);
  CHECK(turned.bias[0].item<float>() == 1);
  CHECK_FALSE(checkpoint::in_order_of(head, {"a", "c"}).weight.defined());
  CHECK_FALSE(checkpoint::in_order_of(head, {"a"}).weight.defined());
}

TEST_CASE("a merged folder that keeps its originals gives the base back bit for bit, in the base's own dtype") {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const fs::path base_folder = scratch("base"), merged_folder = scratch("merged"), back = scratch("back");
    const auto golden = base_model();
    std::vector<model::NamedTensor> stored;
    for (const model::NamedTensor& entry : golden->parameters()) {
      stored.push_back({entry.name, entry.tensor.detach().to(dtype)});
    }
    model::save_model(*golden, kTask, golden_folder() / "model", base_folder, stored);
    const auto base = model::load_model(base_folder, "");
    const checkpoint::MergedFolder merged{.base = base_folder,
                                          .parameters = checkpoint::merged_parameters(*base, dora_adapter(), {}),
                                          .heads = {{.task = "side",
                                                     .labels = {"left", "right"},
                                                     .weight = at::randn({2, base->view().hidden}),
                                                     .bias = at::zeros({2})}},
                                          .stored = at::kFloat};
    checkpoint::write_merged_folder(merged_folder, merged);
    checkpoint::write_originals(merged_folder, base_folder);
    CHECK(model::tensors_hash(merged_folder) != model::tensors_hash(base_folder));
    CHECK(model::load_model(merged_folder, "")->heads().front().task == "side");
    checkpoint::write_unmerged(merged_folder, back);
    CHECK(model::tensors_hash(back) == model::tensors_hash(base_folder));
    CHECK(read_file(back / "config.json") == read_file(base_folder / "config.json"));
    CHECK(read_file(back / "tokenizer.json") == read_file(base_folder / "tokenizer.json"));
    const auto again = model::load_model(back, "");
    CHECK(same_bits(logits(*again), logits(*base)));
  }
}

TEST_CASE("only tensors that are changed are kept as originals") {
  const fs::path merged_folder = scratch("merged");
  const auto base = base_model();
  const checkpoint::MergedFolder merged{.base = golden_folder() / "model",
                                        .parameters = checkpoint::merged_parameters(*base, lora_adapter(), {}),
                                        .heads = {*base->find_head(kTask)}};
  checkpoint::write_merged_folder(merged_folder, merged);
  checkpoint::write_originals(merged_folder, golden_folder() / "model");
  const model::SafetensorsFile kept(merged_folder / checkpoint::kOriginalsFile);
  std::vector<std::string> names;
  for (const std::string& name : kept.header().names()) {
    if (!name.starts_with("classifier.") && !name.starts_with("heads.")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  CHECK(names ==
        std::vector<std::string>{kQuery0 + ".bias", kQuery0 + ".weight", "encoder.layer.1.output.dense.weight"});
}

TEST_CASE("weights that are too large for fp16 are refused by name") {
  const auto base = base_model();
  checkpoint::Adapter adapter = lora_adapter();
  adapter.updates.front().scale = 1e8;
  const checkpoint::MergedFolder merged{.base = golden_folder() / "model",
                                        .parameters = checkpoint::merged_parameters(*base, adapter, {}),
                                        .heads = {*base->find_head(kTask)},
                                        .stored = at::kHalf};
  CHECK_THROWS_WITH(checkpoint::write_merged_folder(scratch("large"), merged),
                    Catch::Contains(kQuery0 + ".weight holds values that are too large for float16. Fix: use --dtype "
                                              "bf16 or fp32"));
}

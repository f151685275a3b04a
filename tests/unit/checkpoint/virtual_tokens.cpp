// Results of prefixes and prompts in PEFT's files, and the tensors that strategies leave beside a result. That peft
// itself loads the files is checked live by tests/parity/train.py and adapters.py.
#include "adapter_support.hpp"
#include "checkpoint/deployable.hpp"
#include "checkpoint/strategy_tensors.hpp"

using namespace engram;
using namespace engram::tests;

namespace {

const std::map<std::string, std::pair<std::string, Json>> kStrategies = {
    {"prefix", {"prefix_tuning", {{"tokens", 3}}}},
    {"prefix with a network", {"prefix_tuning", {{"tokens", 3}, {"mlp", true}, {"mlp_hidden", 5}}}},
    {"prompt", {"prompt_tuning", {{"tokens", 4}}}}};

// Writes the untrained result of one of kStrategies into `folder`.
TinyRun written(const std::string& kind, const fs::path& folder) {
  const auto& [id, options] = kStrategies.at(kind);
  TinyRun run = tiny_run({strategy_entry(id, options)}, at::kCPU);
  checkpoint::write_deployable(folder, {.model = *run.model,
                                        .strategies = run.strategies,
                                        .resolution = run.resolution,
                                        .task = "wind",
                                        .base = golden_folder() / "model"});
  return run;
}

std::vector<std::string> tensor_names(const fs::path& file) {
  std::vector<std::string> names = model::SafetensorsFile(file).header().names();
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const fs::path& file) {
  const MappedFile map(file);
  return {reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()};
}

}  // namespace

TEST_CASE("prefixes and prompts read back give the logits of the model that was written, bit for bit") {
  const at::NoGradGuard no_grad;
  for (const auto& [kind, unused] : kStrategies) {
    INFO(kind);
    const Scratch scratch;
    const TinyRun run = written(kind, scratch.path / "best");
    const data::Batch batch = data::pack(run.examples, std::vector<int64_t>{0, 1, 2, 3, 4, 5});
    const at::Tensor expected = run.model->logits(batch, "wind", {});
    const auto base = model::load_model(golden_folder() / "model", "");
    const checkpoint::Adapter adapter = checkpoint::read_adapter(scratch.path / "best", base->view());
    REQUIRE(adapter.virtual_tokens);
    base->set_head({"wind", {"calm", "stormy", "windy"}, adapter.head_weight, adapter.head_bias});
    CHECK_FALSE(at::allclose(base->logits(batch, "wind", {}), expected));
    adapter.virtual_tokens->attach_to(*base);
    CHECK(at::equal(base->logits(batch, "wind", {}), expected));
  }
}

TEST_CASE("the files have PEFT's keys, and no others") {
  const Scratch scratch;
  const std::string base = fs::absolute(golden_folder() / "model").lexically_normal().string();
  written("prefix with a network", scratch.path / "prefix");
  CHECK(text_of(scratch.path / "prefix/adapter_config.json") == R"({
  "auto_mapping": null,
  "base_model_name_or_path": ")" + base + R"(",
  "encoder_hidden_size": 32,
  "inference_mode": true,
  "init_weights": null,
  "modules_to_save": [
    "classifier",
    "score"
  ],
  "num_attention_heads": 4,
  "num_layers": 2,
  "num_transformer_submodules": 1,
  "num_virtual_tokens": 3,
  "peft_type": "PREFIX_TUNING",
  "peft_version": "0.21.2",
  "prefix_projection": false,
  "revision": null,
  "task_type": "SEQ_CLS",
  "token_dim": 32
})");
  written("prompt", scratch.path / "prompt");
  CHECK(text_of(scratch.path / "prompt/adapter_config.json") == R"({
  "auto_mapping": null,
  "base_model_name_or_path": ")" + base + R"(",
  "inference_mode": true,
  "modules_to_save": [
    "classifier",
    "score"
  ],
  "num_attention_heads": 4,
  "num_layers": 2,
  "num_transformer_submodules": 1,
  "num_virtual_tokens": 4,
  "peft_type": "PROMPT_TUNING",
  "peft_version": "0.21.2",
  "prompt_tuning_init": "RANDOM",
  "prompt_tuning_init_text": null,
  "revision": null,
  "task_type": "SEQ_CLS",
  "token_dim": 32,
  "tokenizer_kwargs": null,
  "tokenizer_name_or_path": null
})");
  for (const std::string kind : {"prefix", "prompt"}) {
    CHECK(tensor_names(scratch.path / kind / "adapter_model.safetensors") ==
          std::vector<std::string>{"base_model.classifier.bias", "base_model.classifier.weight", "prompt_embeddings"});
  }
}

TEST_CASE("a network's tensors lie beside the result, and nothing does where PEFT's file holds all") {
  const Scratch scratch;
  for (const std::string kind : {"prefix", "prompt"}) {
    written(kind, scratch.path / kind);
    CHECK_FALSE(fs::exists(scratch.path / kind / "strategies.safetensors"));
    CHECK(checkpoint::read_strategy_tensors(scratch.path / kind).empty());
  }
  const TinyRun run = written("prefix with a network", scratch.path / "network");
  const std::map<std::string, at::Tensor> beside = checkpoint::read_strategy_tensors(scratch.path / "network");
  const std::vector<model::NamedTensor> claimed = run.strategies.claimed_tensors();
  REQUIRE(claimed.size() == 3 + 2 * 2);
  REQUIRE(beside.size() == claimed.size());
  for (const model::NamedTensor& entry : claimed) CHECK(at::equal(beside.at(entry.name), entry.tensor));
}

TEST_CASE("of the claimed tensors the carried ones are written, kept and trained ones are not") {
  const Scratch scratch;
  strategy::Resolution resolution;
  std::vector<model::NamedTensor> claimed;
  for (const std::string name : {"carried", "kept", "trained"}) {
    resolution.tensors.push_back({.name = "ewc." + name,
                                  .shape = {2},
                                  .claimed = true,
                                  .kept = name != "trained",
                                  .carried = name == "carried"});
    claimed.push_back({"ewc." + name, at::full({2}, 3.5)});
  }
  checkpoint::write_strategy_tensors(scratch.path, checkpoint::carried_tensors(resolution, claimed));
  const std::map<std::string, at::Tensor> read = checkpoint::read_strategy_tensors(scratch.path);
  REQUIRE(read.size() == 1);
  CHECK(at::equal(read.at("ewc.carried"), at::full({2}, 3.5)));
}

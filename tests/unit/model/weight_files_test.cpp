// Weights in shards and in one file are the same model; pickles are refused with the way out.
#include "model/weight_files.hpp"

#include "model/tensors_hash.hpp"
#include "model_support.hpp"

namespace engram::model::test {
namespace {

// What transformers saved in shards, in a folder that a test may change.
void copy_sharded(const fs::path& folder) {
  fs::create_directories(folder);
  for (const auto& file : fs::directory_iterator(golden("sharded"))) fs::copy(file.path(), folder);
  write_file_atomically(folder / "tokenizer.json", "{}");
}

at::Tensor logits_of(const fs::path& folder) {
  const c10::NoGradGuard no_grad;
  return load_model(folder, "task")->logits(batch_of({{3, 7, 11, 2, 30}, {5}}), "task", {});
}

}  // namespace

TEST_CASE("a model that transformers saved in shards has the tensors, logits and hash of the single file") {
  const WeightFiles sharded(golden("sharded"));
  const WeightFiles single(golden("gelu"));
  CHECK(sharded.files().size() > 2);
  CHECK(single.files() == std::vector<fs::path>{golden("gelu/model.safetensors")});
  REQUIRE(sharded.entries().size() == single.entries().size());
  for (const SafetensorsEntry& entry : single.entries()) {
    INFO(entry.name);
    REQUIRE(sharded.find(entry.name) != nullptr);
    CHECK(sharded.find(entry.name)->shape == entry.shape);
    CHECK(at::equal(sharded.tensor(entry.name), single.tensor(entry.name)));
  }
  CHECK(sharded.find("none") == nullptr);
  CHECK(at::equal(logits_of(golden("sharded")), logits_of(golden("gelu"))));
  CHECK(tensors_hash(golden("sharded")) == tensors_hash(golden("gelu")));
}

TEST_CASE("the hash of a model is another when it computes in another way with the same weights") {
  const ScratchFolder scratch;
  copy_sharded(scratch / "m");
  const std::string before = tensors_hash(scratch / "m");
  Json config = read_json(scratch / "m" / "config.json");
  const auto hash_with = [&](const char* key, const Json& value) {
    Json other = config;
    other[key] = value;
    write_file_atomically(scratch / "m" / "config.json", other.dump());
    return tensors_hash(scratch / "m");
  };
  CHECK(hash_with("hidden_act", "relu") != before);
  CHECK(hash_with("num_attention_heads", 1) != before);
  CHECK(hash_with("layer_norm_eps", 1e-5) != before);
  CHECK(hash_with("hidden_dropout_prob", 0.3) == before);
}

TEST_CASE("inspecting a sharded folder names every shard and counts their bytes") {
  const ScratchFolder scratch;
  copy_sharded(scratch / "m");
  const FolderFacts facts = inspect_folder(scratch / "m");
  uint64_t bytes = 0;
  for (const fs::path& file : facts.weights_files) bytes += fs::file_size(file);
  CHECK(facts.weights_files.size() == WeightFiles(scratch / "m").files().size());
  CHECK(facts.weights_bytes == bytes);
  CHECK(facts.heads.size() == 1);
}

TEST_CASE("where one file and an index lie together the file is read, as transformers does") {
  const ScratchFolder scratch;
  copy_sharded(scratch / "m");
  fs::copy(golden("gelu/model.safetensors"), scratch / "m");
  write_file_atomically(scratch / "m" / kWeightsIndexFile, "broken");
  CHECK(WeightFiles(scratch / "m").files().size() == 1);
}

TEST_CASE("a missing shard, a broken one and tensors out of place are told at once") {
  const ScratchFolder scratch;
  copy_sharded(scratch / "m");
  const std::vector<fs::path> files = WeightFiles(scratch / "m").files();
  fs::remove(files[0]);
  write_file_atomically(files[1], "short");
  Json index = read_json(scratch / "m" / kWeightsIndexFile);
  index["weight_map"]["invented"] = files[2].filename().string();
  write_file_atomically(scratch / "m" / kWeightsIndexFile, index.dump());
  const std::string text = refusal([&] { WeightFiles weights(scratch / "m"); });
  CHECK(contains(text, "names the shard " + files[0].filename().string() +
                           ", which is not there. Fix: fetch the whole folder again"));
  CHECK(contains(text, files[1].string() + ": is no safetensors file: it has 5 bytes"));
  CHECK(contains(text, "puts tensor 'invented' into " + files[2].filename().string() + ", which does not hold it"));
}

TEST_CASE("a missing tensor of a sharded model is told with the index") {
  const ScratchFolder scratch;
  copy_sharded(scratch / "m");
  const std::string text = refusal([&] { WeightFiles(scratch / "m").tensor("bert.pooler.dense.wieght"); });
  CHECK(contains(text, "model.safetensors.index.json: holds no tensor 'bert.pooler.dense.wieght'; did you mean"));
}

TEST_CASE("pickles are refused with the reason and the command that converts them") {
  const ScratchFolder scratch;
  for (const std::string file : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    fs::create_directories(scratch / file);
    fs::copy(golden("gelu/config.json"), scratch / file);
    write_file_atomically(scratch / file / file, "x");
    const std::string text = refusal([&] { inspect_folder(scratch / file); });
    CHECK(contains(text, std::string("holds weights as pytorch_model.bin ") +
                             (file.ends_with("json") ? "in shards " : "") +
                             "only, a pickle: reading one can run any code that its writer put into it (allowed: "
                             "model.safetensors). Fix: convert it in that folder"));
    CHECK(contains(text, "glob.glob(\"pytorch_model*.bin\")"));
    CHECK(contains(text, "weights_only=True"));
    CHECK(contains(text, "save_file(tensors, \"model.safetensors\", metadata={\"format\": \"pt\"})'"));
  }
}

}  // namespace engram::model::test

#include "run/manifest.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "base/clock.hpp"
#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "base/seeds.hpp"
#include "base/version.hpp"
#include "engram/sdk/version.hpp"
#include "recipe/describe.hpp"
#include "run/plan_text.hpp"

namespace engram::run {
namespace {

// An optional setting that was not given is null.
constexpr auto setting_json = []<class Value>(const Value& value) -> Json {
  if constexpr (std::is_same_v<Value, std::monostate>) {
    return nullptr;
  } else {
    return value;
  }
};

Json strategies_json(const Preparation& prepared) {
  Json all = Json::array();
  for (const auto& [id, settings] : prepared.strategies.settings()) {
    Json values = Json::object();
    for (const auto& [name, setting] : settings) {
      values[name] = std::visit(setting_json, setting);
    }
    all.push_back({{"id", id}, {"settings", values}});
  }
  return all;
}

Json plugins_json(const Preparation& prepared) {
  Json all = Json::array();
  for (const strategy::PluginFacts& plugin : prepared.strategies.plugins()) {
    all.push_back({{"id", plugin.id},
                   {"file", plugin.file.string()},
                   {"sha256", plugin.hash},
                   {"fingerprint", plugin.fingerprint}});
  }
  return all;
}

Json data_json(const Preparation& prepared, bool hashed) {
  Json all = Json::object();
  for (const SetFacts& facts : prepared.sets) {
    all[facts.set->name] = {{"file", std::filesystem::absolute(facts.file).lexically_normal().string()},
                            {"sha256", hashed ? Json(sha256_of_file(facts.file)) : Json()},
                            {"rows", facts.rows.rows}};
  }
  return all;
}

Json seeds_json(const Preparation& prepared) {
  const recipe::Recipe& recipe = prepared.recipe();
  const auto seed = static_cast<uint64_t>(recipe.train.seed);
  Json seeds = {{"data order", seed}, {"dropout", derive_seed(seed, "dropout")}};
  for (const recipe::Task& task : recipe.tasks) {
    if (task.head == recipe::HeadSource::fresh) seeds["head:" + task.name] = derive_seed(seed, "head:" + task.name);
  }
  for (const auto& [id, settings] : prepared.strategies.settings()) {
    seeds["strategy:" + id] = derive_seed(seed, "strategy:" + id);
  }
  return seeds;
}

// 2: checkpoints have checksums, the folder a lock, the manifest is there before everything is loaded.
constexpr int kFormat = 2;

}  // namespace

Json manifest(const Sources& sources, const Preparation& prepared, const Material* material) {
  const recipe::Recipe& recipe = prepared.recipe();
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json overrides = Json::array();
  for (const auto& [key, value] : sources.overrides) overrides.push_back({key, value});
  return {
      {"format", kFormat},
      {"started", utc_now()},
      {"recipe_file", recipe.file == "-" ? "-" : std::filesystem::absolute(recipe.file).lexically_normal().string()},
      {"recipe_sha256", sha256(recipe.source)},
      {"recipe_folder", std::filesystem::absolute(recipe.folder).lexically_normal().string()},
      {"point", or_null(sources.point)},
      {"chain",
       {{"starts_from", or_null(sources.predecessor.string())}, {"followed", sources.followed == Followed::yes}}},
      {"overrides", overrides},
      {"versions", {{"engram", version()}, {"sdk", ENGRAM_SDK_VERSION}, {"torch", TORCH_VERSION}}},
      {"device", material != nullptr ? Json(material->model->device().str()) : Json()},
      {"cpu_capability", at::get_cpu_capability()},
      {"threads", at::get_num_threads()},
      {"model",
       {{"folder", std::filesystem::absolute(prepared.model_folder).lexically_normal().string()},
        {"reference", prepared.model_snapshot ? Json(prepared.model_snapshot->reference.text()) : Json()},
        {"commit", prepared.model_snapshot ? Json(prepared.model_snapshot->commit) : Json()},
        {"tensors_sha256", material != nullptr ? Json(material->tensors_hash) : Json()},
        {"tokenizer_sha256", sha256_of_file(prepared.folder.tokenizer_file)}}},
      {"adapter", material != nullptr ? material->adapter : Json()},
      {"trained_task", prepared.trained_task},
      {"tasks", labels_by_task(prepared)},
      {"data", data_json(prepared, material != nullptr)},
      {"seeds", seeds_json(prepared)},
      {"strategies", strategies_json(prepared)},
      {"plugins", plugins_json(prepared)},
      {"recipe", recipe::resolved(recipe)}};
}

Json manifest_to_go_on(const checkpoint::RunFolder& folder) {
  Json json = read_json(folder.manifest());
  const Json format = json.is_object() ? json.value("format", Json()) : Json();
  if (format == kFormat) return json;
  throw DataError({.what = "the run folder has format " + format.dump(),
                   .where = folder.manifest().string(),
                   .allowed = "format " + std::to_string(kFormat),
                   .fix = "go on with the version of engram that began the run, or begin a new one; predict, eval, "
                          "merge and compare read both"});
}

bool is_complete(const Json& manifest) { return manifest.at("model").at("tensors_sha256").is_string(); }

Json labels_by_task(const Preparation& prepared) {
  Json all = Json::object();
  for (const TaskFacts& task : prepared.tasks) all[task.name] = task.labels;
  return all;
}

void write_first_records(const std::filesystem::path& folder, const Sources& sources, const Preparation& prepared) {
  write_file_atomically(folder / "recipe.lua", prepared.recipe().source);
  write_file_atomically(folder / "manifest.json", manifest(sources, prepared, nullptr).dump(2) + "\n");
}

void write_records(const checkpoint::RunFolder& folder, const Sources& sources, Preparation& prepared,
                   const Material& material) {
  write_file_atomically(folder.plan(), plan_text(prepared));
  write_file_atomically(folder.manifest(), manifest(sources, prepared, &material).dump(2) + "\n");
}

void refuse_other_inputs(const Json& before, const Json& now, const std::filesystem::path& run) {
  Faults faults;
  const auto compare = [&](const std::string& what, const Json::json_pointer& at) {
    if (before.value(at, Json()) == now.at(at)) return;
    faults.add({.what = "the run cannot go on: " + what + " changed since it began",
                .where = run.string(),
                .fix = "put it back as it was, or begin a new run"});
  };
  compare("the model's weights have", Json::json_pointer("/model/tensors_sha256"));
  compare("the model's tokenizer has", Json::json_pointer("/model/tokenizer_sha256"));
  compare("the adapter that it went on from has", Json::json_pointer("/adapter"));
  for (const auto& [name, facts] : now.at("data").items()) {
    compare("the file of data." + name + ", " + facts.at("file").get<std::string>() + ", has",
            Json::json_pointer("/data") / name / "sha256");
  }
  faults.raise<DataError>();
}

}  // namespace engram::run

// An adapter: its sites or virtual tokens, its head, and the model that it belongs to.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/files.hpp"
#include "checkpoint/adapter.hpp"
#include "checkpoint/adapter_options.hpp"
#include "checkpoint/peft_config.hpp"
#include "checkpoint/peft_names.hpp"
#include "model/folder.hpp"
#include "model/safetensors.hpp"
#include "model/tensors_hash.hpp"
#include "run/adapter_base.hpp"
#include "run/inspect_parts.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

using Shapes = std::map<std::string, std::vector<int64_t>>;

Shapes shapes_of(const fs::path& file) {
  Shapes shapes;
  const model::SafetensorsFile opened(file);
  for (const auto& entry : opened.header().entries) shapes[entry.name] = entry.shape;
  return shapes;
}

Json site_json(const std::string& site, int64_t rank, const Json& scale, bool dora) {
  return {{"site", site}, {"rank", rank}, {"scale", scale}, {"dora", dora}};
}

// By the adapter's own two files, for it may lie without its base; then the scale of a site is known where all are
// alike.
Json sites_json(const checkpoint::PeftConfig& config, const Shapes& shapes) {
  const std::string ending = ".lora_A.weight", prefix = checkpoint::key_prefix(config.type());
  const Json* patterns = config.find("alpha_pattern");
  const bool alike = patterns == nullptr || patterns->empty();
  Json all = Json::array();
  for (const auto& [name, shape] : shapes) {
    if (!name.ends_with(ending) || shape.size() != 2 || shape[0] < 1) continue;
    const std::string start = name.substr(0, name.size() - ending.size());
    const auto rank = static_cast<double>(shape[0]);
    const double divisor = config.is_true("use_rslora") ? std::sqrt(rank) : rank;
    all.push_back(site_json(start.starts_with(prefix) ? start.substr(prefix.size()) : start, shape[0],
                            alike ? Json(config.number("lora_alpha", 8) / divisor) : Json(nullptr),
                            shapes.contains(start + checkpoint::kMagnitudeEnding)));
  }
  return all;
}

// PEFT's keys of a head differ with the kind of adapter.
Json classes_of(const Shapes& shapes) {
  for (const auto& [name, shape] : shapes) {
    if (name.ends_with("classifier.weight") && shape.size() == 2) return shape[0];
  }
  return nullptr;
}

int64_t biases_of(const Shapes& shapes) {
  return std::count_if(shapes.begin(), shapes.end(), [](const auto& entry) {
    return entry.first.ends_with(".bias") && entry.first.find("classifier.") == std::string::npos;
  });
}

std::string match_words(const checkpoint::Provenance& recorded, const model::FolderFacts& base, ReadWeights weights) {
  if (recorded.tokenizer != sha256_of_file(base.tokenizer_file)) return "another tokenizer";
  if (weights == ReadWeights::no) return "not read";
  return recorded.base_tensors == model::tensors_hash(base.folder) ? "the recorded one" : "another model";
}

// `found`, and what is known of it: whether the adapter's shapes fit, and whether it is the one that was trained on.
void add_base(const fs::path& folder, const std::string& asked, ReadWeights weights, Json& json) {
  Json& base = json["base"];
  const auto provenance = checkpoint::read_provenance(folder);
  fs::path place;
  try {
    place = base_of_adapter(folder, provenance, asked);
  } catch (const DataError& error) {
    base["note"] = error.faults().front().what;
    return;
  }
  const model::FolderFacts facts = model::inspect_folder(place);
  base["found"] = place.string();
  base["match"] = provenance ? Json(match_words(*provenance, facts, weights)) : Json("not recorded");
  base["fits"] = false;
  const checkpoint::Adapter adapter = checkpoint::read_adapter(folder, facts.view);
  base["fits"] = true;
  json["recipe_entry"] = checkpoint::recipe_entry_for(adapter, facts.view);
  json["sites"] = Json::array();
  for (const checkpoint::PeftUpdate& update : adapter.updates) {
    json["sites"].push_back(site_json(update.site, update.a.size(0), update.scale, update.magnitude.defined()));
  }
}

}  // namespace

Json inspect_adapter(const fs::path& folder, const std::string& base, ReadWeights weights, Faults& faults) {
  const fs::path file = folder / checkpoint::kAdapterWeightsFile;
  Json json = {
      {"kind", "adapter"},       {"folder", folder.string()}, {"bytes", bytes_below(folder)}, {"type", nullptr},
      {"recipe_entry", nullptr}, {"sites", Json::array()},    {"virtual_tokens", nullptr},    {"biases", 0},
      {"head", nullptr}};
  json["base"] = {{"named", nullptr}, {"found", nullptr}, {"fits", nullptr}, {"match", nullptr}, {"note", nullptr}};
  json["provenance"] = provenance_json(folder, faults);
  Shapes shapes;
  attempt(faults, file, [&] { shapes = shapes_of(file); });
  attempt(faults, folder / checkpoint::kAdapterConfigFile, [&] {
    Faults found;
    const checkpoint::PeftConfig config(folder, found);
    json["type"] = config.type();
    if (!config.base().empty()) json["base"]["named"] = config.base();
    json["sites"] = sites_json(config, shapes);
    found.raise<DataError>();
  });
  if (const auto rows = shapes.find("prompt_embeddings"); rows != shapes.end() && !rows->second.empty()) {
    json["virtual_tokens"] = rows->second.front();
  }
  json["biases"] = biases_of(shapes);
  const Json classes = classes_of(shapes);
  if (!classes.is_null()) {
    const Json& known = json["provenance"];
    json["head"] = {{"task", known.is_null() ? Json(nullptr) : known.at("task")},
                    {"classes", classes},
                    {"labels", known.is_null() ? Json(nullptr) : known.at("labels")}};
  }
  attempt(faults, folder, [&] {
    const auto provenance = checkpoint::read_provenance(folder);
    if (provenance && !classes.is_null()) check_labels(*provenance, classes.get<int64_t>(), folder);
  });
  json["other_heads"] = other_heads_json(folder, faults);
  attempt(faults, folder, [&] { add_base(folder, base, weights, json); });
  json["files"] = Json::array({file_json(file, faults)});
  json["parameters"] = parameters_json({file}, faults);
  json["carries"] = carried_json(folder, faults);
  return json;
}

}  // namespace engram::run

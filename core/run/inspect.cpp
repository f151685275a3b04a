#include "run/inspect.hpp"

#include <algorithm>

#include "checkpoint/artefact.hpp"
#include "checkpoint/run_folder.hpp"
#include "hub/resolve.hpp"
#include "report/summary_json.hpp"
#include "run/inspect_parts.hpp"
#include "run/run_documents.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;
using checkpoint::ArtefactKind;

constexpr const char* kStateFile = "training_state.json";
constexpr const char* kStateTensors = "training_state.safetensors";

// Entries of an object that are there, under their own names; null for the others.
Json picked(const Json& object, const std::vector<const char*>& keys) {
  Json some = Json::object();
  for (const char* key : keys) some[key] = object.is_object() ? object.value(key, Json()) : Json();
  return some;
}

Json inspect_state(const fs::path& folder, Faults& faults) {
  Json json = {{"kind", "training_state"}, {"folder", folder.string()}, {"bytes", bytes_below(folder)}};
  attempt(faults, folder / kStateFile, [&] {
    const Json state = read_json(folder / kStateFile);
    json.update(picked(state, {"format", "step", "accepted", "rate_cut", "seconds", "stopped"}));
    json["evaluations"] = state.at("history").at("evaluations").size();
    json["strategies"] = Json::array();
    for (const Json& part : state.at("strategies")) json["strategies"].push_back(part.at("strategy"));
  });
  const fs::path tensors = folder / kStateTensors;
  json["files"] = Json::array({file_json(tensors, faults)});
  json["parameters"] = parameters_json({tensors}, faults);
  return json;
}

// The row of each set and metric that result.json has, in short.
Json rows_json(const Json& result) {
  Json rows = Json::array();
  for (const Json& row : result.at("rows")) {
    rows.push_back(picked(row, {"set", "role", "metric", "unit", "baseline", "now", "drop", "retained", "better"}));
  }
  return rows;
}

std::vector<fs::path> states_of(const checkpoint::RunFolder& run) {
  std::vector<fs::path> states;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(run.checkpoints(), none)) {
    if (fs::exists(entry.path() / kStateFile)) states.push_back(entry.path());
  }
  std::sort(states.begin(), states.end());
  return states;
}

Json checkpoint_json(const fs::path& folder, const std::string& base, ReadWeights weights, Faults& faults) {
  if (!fs::exists(folder)) return nullptr;
  Json json = nullptr;
  attempt(faults, folder, [&] {
    const checkpoint::Artefact artefact = checkpoint::identify(folder);
    json = artefact.kind == ArtefactKind::adapter ? inspect_adapter(artefact.folder, base, weights, faults)
                                                  : inspect_model(artefact.folder, weights, faults);
  });
  return json;
}

Json inspect_run(const fs::path& folder, const std::string& base, ReadWeights weights, Faults& faults) {
  Json json = {{"kind", "run"}, {"folder", folder.string()}, {"bytes", bytes_below(folder)}};
  const checkpoint::RunFolder run = checkpoint::RunFolder::open(folder);
  attempt(faults, run.manifest(), [&] {
    const Json manifest = read_json(run.manifest());
    json.update(picked(manifest, {"started", "recipe_file", "trained_task", "tasks", "model", "adapter", "versions"}));
    json["strategies"] = Json::array();
    for (const Json& strategy : manifest.at("strategies")) json["strategies"].push_back(strategy.at("id"));
  });
  json.update(picked({}, {"ending", "reason", "steps_done", "steps", "chosen", "crossover"}));
  json["rows"] = Json::array();
  if (fs::exists(run.result())) {
    attempt(faults, run.result(), [&] {
      const Json result = read_json(run.result());
      report::summary_from_json(result, run.result().string());  // for its checks
      json.update(picked(result, {"ending", "reason", "steps_done", "steps", "chosen", "crossover"}));
      json["rows"] = rows_json(result);
    });
  }
  json["best"] = checkpoint_json(run.best(), base, weights, faults);
  json["merged"] = checkpoint_json(run.merged(), base, weights, faults);
  json["states"] = Json::array();
  for (const fs::path& state : states_of(run)) json["states"].push_back(inspect_state(state, faults));
  return json;
}

Json inspect_grid(const fs::path& folder, Faults& faults) {
  Json json = {{"kind", "grid"}, {"folder", folder.string()}, {"bytes", bytes_below(folder)}};
  json["runs"] = Json::array();
  attempt(faults, folder / "grid.json", [&] {
    const Json grid = read_json(folder / "grid.json");
    json["recipe_file"] = grid.at("recipe_file");
    for (const Json& point : grid.at("points")) {
      json["runs"].push_back(picked(point, {"point", "folder", "ending", "score", "error"}));
    }
  });
  return json;
}

Json inspect_chain(const fs::path& folder, Faults& faults) {
  Json json = {{"kind", "chain"}, {"folder", folder.string()}, {"bytes", bytes_below(folder)}};
  json["runs"] = Json::array();
  attempt(faults, folder / "chain.json", [&] {
    const Json chain = read_json(folder / "chain.json");
    for (const BegunLink& link : begun_chain(chain, (folder / "chain.json").string())) {
      Json run = {{"recipe_file", link.recipe.file}, {"folder", link.folder}};
      const fs::path result = folder / link.folder / "result.json";
      run["ending"] = fs::exists(result) ? read_json(result).at("ending") : Json(nullptr);
      json["runs"].push_back(run);
    }
  });
  return json;
}

Json inspected(const checkpoint::Artefact& artefact, const std::string& base, ReadWeights weights, Faults& faults) {
  switch (artefact.kind) {
    case ArtefactKind::model_folder: return inspect_model(artefact.folder, weights, faults);
    case ArtefactKind::adapter: return inspect_adapter(artefact.folder, base, weights, faults);
    case ArtefactKind::run: return inspect_run(artefact.folder, base, weights, faults);
    case ArtefactKind::training_state: return inspect_state(artefact.folder, faults);
    case ArtefactKind::grid: return inspect_grid(artefact.folder, faults);
    case ArtefactKind::chain: break;
  }
  return inspect_chain(artefact.folder, faults);
}

}  // namespace

Inspection inspect(const fs::path& path, const std::string& base, ReadWeights weights) {
  Inspection inspection;
  const checkpoint::Artefact artefact = checkpoint::identify(hub::resolve(path.string(), "", "").folder);
  inspection.found = inspected(artefact, base, weights, inspection.faults);
  Json faults = Json::array();
  for (const Fault& fault : inspection.faults.list()) {
    faults.push_back({{"what", fault.what}, {"where", fault.where}, {"allowed", fault.allowed}, {"fix", fault.fix}});
  }
  inspection.found["faults"] = std::move(faults);
  return inspection;
}

}  // namespace engram::run

#include "run/provenance_of.hpp"

#include "base/whole_number.hpp"

namespace engram::run {
namespace {

// A row of the task's training data is two texts.
bool trains_on_pairs(const Json& recipe, const std::string& task) {
  for (const Json& set : recipe.at("data")) {
    if (set.at("task") == task && set.at("use") == "train" && !set.at("pair").empty()) return true;
  }
  return false;
}

// "org/name@commit" of a model in the Hugging Face cache, so that the name holds on other machines too.
std::string base_of(const Json& model) {
  const Json commit = model.value("commit", Json());
  if (!commit.is_string()) return model.at("folder").get<std::string>();
  const std::string reference = model.at("reference").get<std::string>();
  return reference.substr(0, reference.find('@')) + "@" + commit.get<std::string>();
}

}  // namespace

checkpoint::Provenance provenance_of(const Json& manifest) {
  const Json& model = manifest.at("model");
  const std::string task = manifest.at("trained_task").get<std::string>();
  return {.base = base_of(model),
          .base_tensors = model.at("tensors_sha256").get<std::string>(),
          .tokenizer = model.at("tokenizer_sha256").get<std::string>(),
          .task = task,
          .labels = manifest.at("tasks").at(task).get<std::vector<std::string>>(),
          .pairs = trains_on_pairs(manifest.at("recipe"), task),
          .max_length = whole_number(manifest.at("recipe").at("train").at("max_length")),
          .adapter = manifest.value("adapter", Json()),
          .recipe = {{"file", manifest.at("recipe_file")}, {"sha256", manifest.at("recipe_sha256")}},
          .data = manifest.at("data"),
          .plugins = manifest.at("plugins"),
          .strategies = manifest.at("strategies"),
          .made = nullptr};
}

}  // namespace engram::run

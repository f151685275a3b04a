#include "cli/sources.hpp"

#include <CLI/CLI.hpp>

#include "base/errors.hpp"
#include "base/installation.hpp"

namespace engram::cli {

void SourceOptions::add_to(CLI::App& command) {
  command.add_option("--set", set, "Overrides a setting: --set train.epochs=2 (may be repeated)")
      ->type_name("KEY=VALUE")
      ->check([](const std::string& text) {
        const size_t equals = text.find('=');
        const bool fine = equals != std::string::npos && equals > 0;
        return fine ? std::string() : "'" + text + "' is not KEY=VALUE, such as train.epochs=2";
      })
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--device", device, "auto, cpu or cuda; overrides train.device");
  command.add_option("--point", point, "One point of a grid, such as rank=4,rate=1e-05")->type_name("NAME");
  command.add_option("--plugin", plugins, "A plugin file or a folder of plugins; before all others");
  command.add_flag("--strict", strict, "Refuses a recipe that gets any advice, with all of it");
  command.add_flag("--strict-plugins", strict_plugins,
                   "Checks all that plugins do: foreign tensors, values not finite, time, waiting for the device");
}

run::Sources SourceOptions::sources() const {
  run::Sources sources{.recipe = recipe, .point = point, .scripts = Installation::locate().scripts, .plugins = plugins};
  if (strict) sources.advised = run::Advised::refused;
  if (strict_plugins) sources.plugin_checks = strategy::Checks::strict;
  Faults faults;
  for (const std::string& text : set) {
    const size_t equals = text.find('=');
    sources.overrides.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const std::filesystem::path& place : plugins) {
    if (std::filesystem::exists(place)) continue;
    faults.add({.what = "--plugin names " + place.string() + ", which does not exist",
                .allowed = "a plugin file or a folder of plugins"});
  }
  if (!device.empty()) sources.overrides.emplace_back("train.device", device);
  faults.raise<RecipeError>();
  return sources;
}

std::vector<script::GridPoint> points_of(const run::Sources& sources) {
  if (sources.recipe == "-" || !sources.point.empty()) return {};
  return script::RecipeScript::points(sources.recipe, sources.scripts);
}

}  // namespace engram::cli

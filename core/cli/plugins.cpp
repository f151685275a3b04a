#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/described_strategies.hpp"
#include "cli/plugin_docs.hpp"
#include "cli/plugin_state.hpp"
#include "report/style.hpp"
#include "strategy/plugin_finder.hpp"
#include "strategy/plugin_library.hpp"
#include "strategy/settings_check.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::vector<std::string> names;
  std::vector<std::filesystem::path> places;
  std::string format = "markdown";
  std::string pages;

  std::vector<std::filesystem::path> search() const { return strategy::plugin_search_path(places); }
};

void add_places(CLI::App& command, const std::shared_ptr<Options>& options) {
  command.add_option("--plugin", options->places, "A plugin file or a folder of plugins; before all others");
}

const strategy::Plugin& load(const std::string& written, const Options& options) {
  return load_named(written, options.search());
}

void list(const Options& options) {
  const std::vector<strategy::FoundPlugin> found = strategy::list_plugins(options.search());
  if (found.empty()) {
    std::cout << "No plugin found. Searched:\n";
    for (const std::filesystem::path& folder : options.search()) std::cout << "  " << folder.string() << "\n";
    return;
  }
  size_t width = 0;
  for (const strategy::FoundPlugin& plugin : found) width = std::max(width, plugin.id.size());
  for (const strategy::FoundPlugin& plugin : found) {
    std::cout << report::pad_right(plugin.id, width) << "  " << plugin_state(plugin).text << "\n"
              << std::string(width + 2, ' ') << plugin.file.string() << "\n";
  }
}

// "rank = 8  (whole number: 1 to 512)", "data, compulsory  (text)".
std::string parameter_line(const sdk::ParameterSpec& parameter) {
  const std::string allowed = strategy::allowed_values(parameter);
  const std::string kind = kind_text(parameter.kind) + (allowed.empty() ? "" : ": " + allowed);
  switch (parameter.presence) {
    case sdk::Presence::required: return parameter.name + ", compulsory  (" + kind + ")";
    case sdk::Presence::optional: return parameter.name + ", may be left out  (" + kind + ")";
    case sdk::Presence::defaulted: break;
  }
  return parameter.name + " = " + default_text(parameter) + "  (" + kind + ")";
}

void info(const std::string& name, const Options& options) {
  const strategy::Plugin& plugin = load(name, options);
  const sdk::Schema& schema = plugin.strategy.schema;
  std::cout << plugin.facts.id << ": " << schema.doc << "\n\n";
  for (const sdk::ParameterSpec& parameter : schema.parameters) {
    std::cout << "  " << parameter_line(parameter) << "\n      " << report::wrap(parameter.text, 74, 6) << "\n";
  }
  std::cout << (schema.parameters.empty() ? "  no options\n" : "") << "\n  file     " << plugin.facts.file.string()
            << "\n  sha256   " << plugin.facts.hash << "\n  built by " << plugin.facts.fingerprint << "\n";
}

// Looks at every plugin before it refuses.
void check(const Options& options) {
  Faults faults;
  for (const std::string& name : options.names) {
    try {
      const strategy::Plugin& plugin = load(name, options);
      std::cout << plugin.facts.id << ": fits this engram (" << plugin.facts.fingerprint << ")\n";
    } catch (const PluginError& refusal) {
      faults.add(refusal.faults());
    }
  }
  faults.raise<PluginError>();
}

void docs(const Options& options) {
  const std::vector<sdk::StrategyDescription> strategies = described_strategies(options.names, options.search());
  std::cout << (options.format == "lua" ? lua_types(strategies) : markdown_page(strategies, options.pages));
}

void add_plugin_docs(CLI::App& plugins, const std::shared_ptr<Options>& options) {
  CLI::App* command =
      plugins.add_subcommand("docs", "Writes what strategies declare: a page, or types for Lua editors");
  command->add_option("names", options->names, "Ids or plugin files; otherwise every plugin that fits");
  command->add_option("--format", options->format, "markdown or lua")
      ->check(CLI::IsMember({"markdown", "lua"}))
      ->capture_default_str();
  command->add_option("--pages", options->pages, "A link to each strategy's own page, with * for its id");
  add_places(*command, options);
  command->callback([options] { docs(*options); });
}

}  // namespace

void add_plugins(CLI::App& app, Context&) {
  CLI::App* plugins = app.add_subcommand("plugins", "Lists, explains and checks strategy plugins");
  plugins->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* list_command = plugins->add_subcommand("list", "Every plugin found, and whether it fits; loads none");
  add_places(*list_command, options);
  list_command->callback([options] { list(*options); });

  CLI::App* info_command = plugins->add_subcommand("info", "What a strategy does, and its options");
  info_command->add_option("name", options->names, "An id (lora) or a plugin file")->required()->expected(1);
  add_places(*info_command, options);
  info_command->callback([options] { info(options->names.front(), *options); });

  CLI::App* check_command = plugins->add_subcommand("check", "Loads plugins and says whether they fit this engram");
  check_command->add_option("names", options->names, "Ids or plugin files")->required();
  add_places(*check_command, options);
  check_command->callback([options] { check(*options); });
  add_plugin_docs(*plugins, options);
}

}  // namespace engram::cli

#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <vector>

#include "base/text.hpp"

namespace engram::cli {
namespace {

// The command that was being read when the command line went wrong.
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string first_unknown(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> left = app.remaining(true);
  return !left.empty() ? left.front() : command.remaining().empty() ? "" : command.remaining().front();
}

}  // namespace

std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost(app);
  const std::string name = full_name(command);
  const std::string help = "; see `" + name + " --help`\n";
  const std::vector<std::string> commands = command_names(command);
  const std::string unknown = first_unknown(app, command);
  if (!unknown.empty() && unknown.front() == '-') {
    const std::string close = text::did_you_mean(unknown, option_names(command));
    return name + ": there is no option '" + unknown + "'" + (close.empty() ? help : close + "\n");
  }
  if (!unknown.empty() && !commands.empty()) {
    const std::string close = text::did_you_mean(unknown, commands);
    return name + ": there is no command '" + unknown + "'" + (close.empty() ? help : close + "\n");
  }
  if (!unknown.empty()) return name + ": '" + unknown + "' is one argument too many" + help;
  if (!commands.empty() && error.get_name() == "RequiredError") {
    return name + ": which command? " + text::join(commands, ", ") + help;
  }
  return name + ": " + error.what() + help;
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <iostream>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/usage.hpp"
#include "cli/version.hpp"

namespace {

using engram::ExitCode;

constexpr const char* kAbout =
    "Fine-tunes a pretrained model on a new task and keeps what it knows of an original one.";
constexpr const char* kEpilogue =
    "A first recipe:  engram new recipe --model FOLDER --new new.csv --original original.csv\n"
    "Exit codes:      0 done, 1 internal, 2 usage, 3 refused, 4 forgetting budget not met,\n"
    "                 5 interrupted, 6 numbers, memory or disk failed";

void add_commands(CLI::App& app, engram::cli::Context& context) {
  engram::cli::add_new(app, context);
  engram::cli::add_plan(app, context);
  engram::cli::add_run(app, context);
  engram::cli::add_compare(app, context);
  engram::cli::add_predict(app, context);
  engram::cli::add_plugins(app, context);
  engram::cli::add_doctor(app, context);
}

ExitCode run(CLI::App& app, const engram::cli::Context& context, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return context.exit_code;
  } catch (const CLI::Success& wanted) {  // --help, --version
    app.exit(wanted, std::cout, std::cerr);
    return ExitCode::done;
  } catch (const CLI::ParseError& error) {
    std::cerr << engram::cli::usage_text(app, error);
    return ExitCode::usage;
  } catch (...) {
    const engram::cli::Failure failure = engram::cli::describe(std::current_exception());
    std::cout.flush();
    std::cerr << failure.text;
    return failure.exit_code;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "engram");
  engram::cli::Context context;
  app.require_subcommand(1);
  app.set_version_flag("--version", engram::cli::version_text, "Versions of engram, SDK, torch, compiler; the ABI tag");
  app.footer(kEpilogue);
  add_commands(app, context);
  const ExitCode code = run(app, context, argc, argv);
  std::cout.flush();
  // A full disk or a closed pipe must not look like success.
  if (!std::cout && code == ExitCode::done) return static_cast<int>(ExitCode::resources);
  return static_cast<int>(code);
}

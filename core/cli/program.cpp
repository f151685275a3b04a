#include "cli/program.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/last_words.hpp"
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
  engram::cli::add_verify_resume(app, context);
  engram::cli::add_inspect(app, context);
  engram::cli::add_predict(app, context);
  engram::cli::add_pull(app, context);
  engram::cli::add_eval(app, context);
  engram::cli::add_merge(app, context);
  engram::cli::add_unmerge(app, context);
  engram::cli::add_plugins(app, context);
  engram::cli::add_docs(app, context);
  engram::cli::add_doctor(app, context);
}

// One file for each command's help, for the launcher.
void write_help(const CLI::App& app, const std::filesystem::path& folder, const std::string& parents) {
  const std::string name = parents.empty() ? app.get_name() : parents + " " + app.get_name();
  std::string file = name + ".txt";
  std::replace(file.begin(), file.end(), ' ', '-');
  engram::write_file_atomically(folder / file, app.help(parents));
  for (const CLI::App* command : app.get_subcommands({})) write_help(*command, folder, name);
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
    if (context.json) std::cout << engram::cli::json_line(failure);
    std::cout.flush();
    std::cerr << failure.text;
    return failure.exit_code;
  }
}

}  // namespace

int engram_main(int argc, char** argv) {
  engram::cli::watch_for_crashes();
  CLI::App app(kAbout, "engram");
  engram::cli::Context context;
  app.require_subcommand(1);
  app.set_version_flag("--version", engram::cli::version_text, "Versions of engram, SDK, torch, compiler; the ABI tag");
  app.footer(kEpilogue);
  add_commands(app, context);
  // Asked by the build alone: engram --write-help FOLDER.
  if (argc == 3 && std::string_view(argv[1]) == "--write-help") {
    write_help(app, argv[2], "");
    return 0;
  }
  const ExitCode code = run(app, context, argc, argv);
  std::cout.flush();
  // A full disk or a closed pipe must not look like success.
  if (!std::cout && code == ExitCode::done) {
    std::cerr << "engram: standard output cannot be written: it is closed, or its disk is full\n";
    return static_cast<int>(ExitCode::resources);
  }
  return static_cast<int>(code);
}

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/resumed.hpp"
#include "cli/sources.hpp"
#include "report/style.hpp"
#include "report/terminal.hpp"
#include "run/chain.hpp"
#include "run/grid.hpp"
#include "run/session.hpp"

namespace engram::cli {
namespace {

struct Options {
  SourceOptions source;
  std::vector<std::string> recipes;
  std::filesystem::path out;
  std::filesystem::path resume;
  double max_seconds = 0;
  int64_t stop_at = -1;
  bool quiet = false;
  bool json = false;

  report::Mode mode() const { return json ? report::Mode::json : quiet ? report::Mode::quiet : report::Mode::normal; }
};

run::Console console_of(const report::Style& style) {
  return {.out = std::cout,
          .style = style,
          .tell = [json = style.mode == report::Mode::json](const std::exception_ptr& thrown) {
            const Failure failure = describe(thrown);
            if (json) std::cout << json_line(failure);
            std::cout.flush();
            std::cerr << failure.text;
            return failure.exit_code;
          }};
}

// What the command line asks for, or what a folder goes on with.
Resumed wanted(const Options& options) {
  const run::Sources given = options.source.sources();
  if (!options.resume.empty()) return resumed(options.resume, given);
  Resumed wanted{.sources = given, .recipes = options.recipes};
  if (options.recipes.size() > 1) {
    wanted.kind = FolderKind::chain;
  } else {
    wanted.sources.recipe = options.recipes.front();
    wanted.kind = points_of(wanted.sources).empty() ? FolderKind::run : FolderKind::grid;
  }
  return wanted;
}

ExitCode execute(const Options& options) {
  interrupt::watch();
  std::signal(SIGPIPE, [](int) { interrupt::request(); });  // whoever read the output has gone: save, and end
  const report::Style style = report::detect_style(options.mode());
  const auto limit = options.max_seconds > 0 ? std::optional(options.max_seconds) : std::nullopt;
  const Resumed what = wanted(options);
  const auto stop_at = options.stop_at >= 0 ? std::optional(options.stop_at) : std::nullopt;
  if (what.kind == FolderKind::run) {
    report::Terminal terminal(std::cout, style);
    return run::run_recipe(what.sources,
                           {.out = options.out, .resume = options.resume, .max_seconds = limit, .stop_at = stop_at},
                           terminal);
  }
  if (stop_at) {
    throw RecipeError({.what = "--stop-at names a step of one run, and this makes several",
                       .where = options.resume.empty() ? options.recipes.front() : options.resume.string(),
                       .fix = "leave it out, or run one of them by itself (--point of a grid, one recipe of a chain)"});
  }
  const run::SeriesOptions series{.out = options.out, .resume = options.resume, .max_seconds = limit};
  const run::Console console = console_of(style);
  return what.kind == FolderKind::grid ? run::run_grid(what.sources, series, console)
                                       : run::run_chain(what.recipes, what.sources, series, console);
}

// Empty when `text` is a number above 0, else what is wrong with it, as CLI11 wants it.
std::string above_zero(const std::string& text) {
  double number = 0;
  const bool fine = CLI::detail::lexical_cast(text, number) && number > 0;
  return fine ? "" : "'" + text + "' is no number above 0";
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("run", "Trains as a recipe says, and scores both tasks all along");
  CLI::Option* recipe = command.add_option(
      "recipe", options->recipes,
      "The recipe, a Lua file; - for standard input. Several: each starts from the result before it");
  options->source.add_to(command);
  command.add_option("--out", options->out, "The folder to make (default: the next free runs/<recipe>-NNN)");
  CLI::Option* resume =
      command.add_option("--resume", options->resume, "A folder of a run, a grid or a chain to go on with");
  command.add_option("--max-time", options->max_seconds, "Stop, saved, after so many seconds in all")
      ->type_name("SECONDS")
      ->check(above_zero);
  command.add_option("--stop-at", options->stop_at, "Stop, saved, once so many steps are done")
      ->type_name("STEP")
      ->check(CLI::NonNegativeNumber);
  CLI::Option* quiet = command.add_flag("--quiet", options->quiet, "Only the final lines");
  command.add_flag("--json", options->json, "One JSON object a line, nothing else")->excludes(quiet);
  // A resumed run keeps the settings that it began with.
  for (const char* settings : {"recipe", "--set", "--device", "--point", "--out"})
    resume->excludes(command.get_option(settings));
  command.callback([options, &context, recipe, resume] {
    if (recipe->count() + resume->count() == 0) throw CLI::RequiredError("recipe");
    if (recipe->count() > 1 && !options->source.point.empty()) throw CLI::ExcludesError("--point", "several recipes");
    context.json = options->json;
    context.exit_code = execute(*options);
  });
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "cli/commands.hpp"
#include "cli/sources.hpp"
#include "report/style.hpp"
#include "report/terminal.hpp"
#include "run/session.hpp"

namespace engram::cli {
namespace {

struct Options {
  SourceOptions source;
  std::filesystem::path out;
  std::filesystem::path resume;
  double max_seconds = 0;
  bool quiet = false;
  bool json = false;

  report::Mode mode() const { return json ? report::Mode::json : quiet ? report::Mode::quiet : report::Mode::normal; }
};

// A resumed run takes its recipe and overrides from its own manifest, so that it cannot go on as another run.
run::Sources resumed_sources(const Options& options) {
  const checkpoint::RunFolder folder = checkpoint::RunFolder::open(options.resume);
  const Json manifest = read_json(folder.manifest());
  run::Sources sources = options.source.sources();
  sources.recipe = manifest.at("recipe_file").get<std::string>();
  if (sources.recipe == "-" || !std::filesystem::exists(sources.recipe) ||
      sha256(read_file(sources.recipe)) != manifest.at("recipe_sha256").get<std::string>()) {
    throw DataError({.what = "the run cannot go on: its recipe " + sources.recipe + " is gone or has changed since",
                     .where = options.resume.string(),
                     .fix = "put back the text that " + folder.recipe_copy().string() + " holds"});
  }
  sources.overrides = manifest.at("overrides").get<script::Overrides>();
  return sources;
}

ExitCode execute(const Options& options) {
  interrupt::watch();
  std::signal(SIGPIPE, [](int) { interrupt::request(); });  // whoever read the output has gone: save, and end
  report::Terminal terminal(std::cout, report::detect_style(options.mode()));
  const run::RunOptions run_options{
      .out = options.out,
      .resume = options.resume,
      .max_seconds = options.max_seconds > 0 ? std::optional(options.max_seconds) : std::nullopt};
  const bool resumes = !options.resume.empty();
  return run::run_recipe(resumes ? resumed_sources(options) : options.source.sources(), run_options, terminal);
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
  CLI::Option* recipe =
      command.add_option("recipe", options->source.recipe, "The recipe, a Lua file; - for standard input");
  options->source.add_to(command);
  command.add_option("--out", options->out, "The run folder to make (default: the next free runs/<recipe>-NNN)");
  CLI::Option* resume = command.add_option("--resume", options->resume, "A run folder to go on with");
  command.add_option("--max-time", options->max_seconds, "Stop, saved, after so many seconds")
      ->type_name("SECONDS")
      ->check(above_zero);
  CLI::Option* quiet = command.add_flag("--quiet", options->quiet, "Only the final lines");
  command.add_flag("--json", options->json, "One JSON object a line, nothing else")->excludes(quiet);
  // A resumed run keeps the settings that it began with.
  for (const char* settings : {"recipe", "--set", "--device"}) resume->excludes(command.get_option(settings));
  command.callback([options, &context, recipe, resume] {
    if (recipe->count() + resume->count() == 0) throw CLI::RequiredError("recipe");
    context.exit_code = execute(*options);
  });
}

}  // namespace engram::cli

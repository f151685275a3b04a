#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/sources.hpp"
#include "report/style.hpp"
#include "run/plan_json.hpp"
#include "run/plan_text.hpp"

namespace engram::cli {
namespace {

struct Options {
  SourceOptions source;
  bool json = false;
};

std::string advice_count(size_t count) {
  return count == 0 ? "no advice" : std::to_string(count) + (count == 1 ? " piece of advice" : " pieces of advice");
}

// Checks every point; faults of all of them come at once.
void check_points(const run::Sources& sources, const std::vector<script::GridPoint>& points, bool print) {
  Faults faults;
  size_t width = 0;
  for (const script::GridPoint& point : points) width = std::max(width, point.name.size());
  if (print) std::cout << "grid of " << points.size() << " points\n";
  for (const script::GridPoint& point : points) {
    run::Sources one = sources;
    one.point = point.name;
    try {
      run::Preparation prepared = run::prepare(one);
      if (print) {
        std::cout << "  " << report::pad_right(point.name, width) << "  " << text::thousands(prepared.steps.total)
                  << " steps, " << text::thousands(prepared.resolution.trainable_count()) << " trainable, "
                  << advice_count(prepared.advice.size()) << "\n";
      }
      prepared.strategies.shutdown();
    } catch (const Error& error) {
      for (Fault fault : error.faults()) {
        fault.what = "point " + point.name + ": " + fault.what;
        faults.add(std::move(fault));
      }
    }
  }
  faults.raise<RecipeError>();
  if (print) std::cout << "\n";
}

void execute(const Options& options) {
  run::Sources sources = options.source.sources();
  const std::vector<script::GridPoint> points = points_of(sources);
  if (!points.empty()) {
    check_points(sources, points, !options.json);
    sources.point = points.front().name;
  }
  run::Preparation prepared = run::prepare(sources);
  if (options.json) {
    print_json(run::plan_json(prepared));
  } else {
    std::cout << run::plan_text(prepared);
  }
  prepared.strategies.shutdown();
}

}  // namespace

void add_plan(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command =
      *app.add_subcommand("plan", "Says what a recipe would do, and refuses what it could not; loads no weights");
  command.add_option("recipe", options->source.recipe, "The recipe, a Lua file; - for standard input")->required();
  options->source.add_to(command);
  command.add_flag("--json", options->json, "One JSON object");
  command.callback([options, &context] {
    context.json = options->json;
    execute(*options);
  });
}

}  // namespace engram::cli

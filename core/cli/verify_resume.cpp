#include <CLI/CLI.hpp>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/sources.hpp"
#include "run/verify_resume.hpp"

namespace engram::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  SourceOptions source;
  std::vector<int64_t> at;
  fs::path keep;
  bool json = false;
};

// A temporary folder unless one is to be kept.
class RunsFolder {
 public:
  explicit RunsFolder(const fs::path& keep) : path_(keep), temporary_(keep.empty()) {
    if (temporary_) {
      std::string name = (fs::temp_directory_path() / "engram-verify-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) refuse(name, std::strerror(errno));
      path_ = name;
      return;
    }
    if (fs::exists(keep) && !(fs::is_directory(keep) && fs::is_empty(keep))) {
      throw DataError({.what = "exists already, and holds something",
                       .where = keep.string(),
                       .fix = "name a new folder with --keep, or leave it out"});
    }
    std::error_code failed;
    fs::create_directories(keep, failed);
    if (failed) refuse(keep, failed.message());
  }
  ~RunsFolder() {
    std::error_code ignored;
    if (temporary_) fs::remove_all(path_, ignored);
  }
  RunsFolder(const RunsFolder&) = delete;
  RunsFolder& operator=(const RunsFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  [[noreturn]] static void refuse(const fs::path& folder, const std::string& reason) {
    throw InternalError({.what = "the folder for the runs cannot be made: " + reason,
                         .where = folder.string(),
                         .fix = "name another one with --keep, or set TMPDIR"},
                        ExitCode::resources);
  }
  fs::path path_;
  bool temporary_;
};

// What `engram run` is told again: everything with a recipe, and what is not recorded with --resume.
run::VerifyRequest request_of(const Options& options, const fs::path& folder) {
  run::VerifyRequest request{.run = {options.source.recipe}, .resume = {}, .at = options.at, .folder = folder};
  for (const std::string& text : options.source.set) request.run.insert(request.run.end(), {"--set", text});
  if (!options.source.device.empty()) request.run.insert(request.run.end(), {"--device", options.source.device});
  if (!options.source.point.empty()) request.run.insert(request.run.end(), {"--point", options.source.point});
  for (std::vector<std::string>* words : {&request.run, &request.resume}) {
    for (const fs::path& plugin : options.source.plugins) words->insert(words->end(), {"--plugin", plugin.string()});
    if (options.source.strict) words->push_back("--strict");
    if (options.source.strict_plugins) words->push_back("--strict-plugins");
  }
  return request;
}

Json to_json(const run::RunComparison& comparison) {
  Json json = {{"identical", !comparison.difference}, {"compared", comparison.compared}, {"difference", nullptr}};
  if (comparison.difference) {
    const run::Difference& found = *comparison.difference;
    json["difference"] = {{"file", found.file},
                          {"line", found.line > 0 ? Json(found.line) : Json()},
                          {"tensor", found.tensor.empty() ? Json() : Json(found.tensor)},
                          {"element", found.element >= 0 ? Json(found.element) : Json()},
                          {"straight", found.first},
                          {"resumed", found.second}};
  }
  return json;
}

std::string to_text(const run::Difference& found) {
  std::string place = found.file;
  if (found.line > 0) place += ", line " + std::to_string(found.line);
  if (!found.tensor.empty()) place += ", tensor " + found.tensor;
  if (found.element >= 0) place += ", element " + std::to_string(found.element);
  return "the runs differ first in " + place + "\n    straight: " + found.first + "\n    resumed:  " + found.second +
         "\n";
}

std::string to_text(const run::Verified& verified) {
  const std::string stop = "  stopped at step " + std::to_string(verified.at) + " and resumed: ";
  if (verified.comparison.difference) return stop + to_text(*verified.comparison.difference);
  return stop + "identical: " + text::join(verified.comparison.compared, ", ") + "\n";
}

void refuse_several(const Options& options) {
  if (options.source.recipe == "-") {
    throw RecipeError({.what = "the recipe is read several times, and standard input can be read once",
                       .where = "-",
                       .fix = "save it as a file"});
  }
  if (points_of(options.source.sources()).empty()) return;
  throw RecipeError({.what = "is a grid, and one run is verified at a time",
                     .where = options.source.recipe,
                     .fix = "name one of its points with --point"});
}

ExitCode execute(const Options& options) {
  interrupt::watch();
  refuse_several(options);
  const RunsFolder folder(options.keep);
  bool identical = true;
  Json stops = Json::array();
  const int64_t steps = run::verify_resume(request_of(options, folder.path()), [&](const run::Verified& verified) {
    identical = identical && !verified.comparison.difference;
    Json stop = {{"at", verified.at}};
    stop.update(to_json(verified.comparison));
    stops.push_back(stop);
    if (!options.json) std::cout << to_text(verified) << std::flush;
  });
  if (options.json) {
    std::cout << Json{{"identical", identical}, {"steps", steps}, {"stops", stops}}.dump() << '\n';
  } else if (!options.keep.empty()) {
    std::cout << "  the runs are in " << options.keep.string() << '\n';
  } else if (!identical) {
    std::cout << "  --keep FOLDER keeps the runs to look at\n";
  }
  return identical ? ExitCode::done : ExitCode::internal;
}

}  // namespace

void add_verify_resume(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand(
      "verify-resume", "Stops a run, resumes it, and compares it with one that was never stopped, byte by byte");
  command.add_option("recipe", options->source.recipe, "The recipe, a Lua file")->required();
  options->source.add_to(command);
  command.add_option("--at", options->at, "A step to stop at (may be repeated; default: the middle of the run)")
      ->type_name("STEP")
      ->check(CLI::NonNegativeNumber)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--keep", options->keep, "Keep the runs in this folder, which is made");
  command.add_flag("--json", options->json, "One JSON object, nothing else");
  command.callback([options, &context] {
    context.json = options->json;
    context.exit_code = execute(*options);
  });
}

}  // namespace engram::cli

#include "run/series.hpp"

#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "report/summary_json.hpp"
#include "report/terminal.hpp"
#include "run/session.hpp"

namespace engram::run {
namespace {

// The exit code of a run that needs nothing more; empty: it is to be begun, or to go on.
std::optional<ExitCode> ended_with(const std::optional<report::RunSummary>& summary) {
  if (!summary) return {};
  switch (summary->ending) {
    case report::Ending::all_steps:
    case report::Ending::stop_rule: return ExitCode::done;
    case report::Ending::budget_not_met: return ExitCode::budget_not_met;
    default: return {};
  }
}

// Empty for an interruption, which is no failure.
std::string one_line(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const interrupt::Interrupted&) {
    return "";
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
  } catch (...) {
    return "an unknown error";
  }
}

}  // namespace

std::optional<report::RunSummary> summary_in(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "result.json";
  if (!std::filesystem::exists(file)) return {};
  return report::summary_from_json(read_json(file), file.string());
}

ExitCode worse(ExitCode a, ExitCode b) {
  constexpr std::array kOrder = {ExitCode::done,      ExitCode::budget_not_met, ExitCode::refused,
                                 ExitCode::resources, ExitCode::internal,       ExitCode::interrupted};
  const auto rank = [&](ExitCode code) { return std::find(kOrder.begin(), kOrder.end(), code); };
  return rank(a) < rank(b) ? b : a;
}

Series::Series(const SeriesOptions& options, const std::string& name, const Console& console,
               const checkpoint::OwnFolder::Fill& records)
    : started_(std::chrono::steady_clock::now()),
      console_(console),
      max_seconds_(options.max_seconds),
      folder_(options.resume.empty() ? checkpoint::OwnFolder::make(options.out, name, records)
                                     : checkpoint::OwnFolder::take(options.resume)) {}

std::optional<double> Series::seconds_left() const {
  if (!max_seconds_) return {};
  return *max_seconds_ - std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void Series::note(std::string_view text) const { report::Terminal(console_.out, console_.style).note(text); }

void Series::discard() const {
  const auto is_folder = [](const auto& entry) { return entry.is_directory(); };
  std::error_code gone;
  const std::filesystem::directory_iterator inside(folder(), gone);
  if (std::any_of(begin(inside), end(inside), is_folder)) return;
  folder_.discard({"grid.json", "chain.json", "table.csv"});
}

ExitCode Series::go_on(const Sources& sources, const std::filesystem::path& folder) {
  const bool begun = std::filesystem::exists(folder / "manifest.json");
  report::Terminal terminal(console_.out, console_.style);
  return run_recipe(sources,
                    {.out = begun ? std::filesystem::path() : folder,
                     .resume = begun ? folder : std::filesystem::path(),
                     .max_seconds = seconds_left(),
                     .process_seconds = seconds_since_process_start()},
                    terminal);
}

Outcome Series::run(const Sources& sources, const std::string& name) {
  folder_.require_present();
  const std::filesystem::path folder = this->folder() / name;
  Outcome outcome{.summary = summary_in(folder)};
  if (const auto ended = ended_with(outcome.summary)) {
    note(name + " ended before, and is left as it is");
    outcome.exit_code = *ended;
    return outcome;
  }
  if (seconds_left().value_or(1) <= 0) {
    note(name + " is not begun: the time is over");
    outcome.exit_code = ExitCode::interrupted;
    return outcome;
  }
  try {
    outcome.exit_code = go_on(sources, folder);
  } catch (...) {
    outcome.error = one_line(std::current_exception());
    outcome.exit_code = console_.tell(std::current_exception());
  }
  outcome.summary = summary_in(folder);
  return outcome;
}

Json recipe_record(const Sources& sources) {
  Json overrides = Json::array();
  for (const auto& [key, value] : sources.overrides) overrides.push_back({key, value});
  return {{"recipe_file", std::filesystem::absolute(sources.recipe).string()},
          {"recipe_sha256", sha256_of_file(sources.recipe)},
          {"overrides", overrides}};
}

}  // namespace engram::run

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "checkpoint/run_folder.hpp"
#include "cli/commands.hpp"
#include "report/comparison.hpp"
#include "report/summary_json.hpp"

namespace engram::cli {

void add_compare(CLI::App& app, Context&) {
  auto folders = std::make_shared<std::vector<std::filesystem::path>>();
  CLI::App& command = *app.add_subcommand("compare", "Puts finished runs side by side");
  command.add_option("runs", *folders, "Run folders")->required()->expected(2, 20);
  command.callback([folders] {
    std::vector<report::RunSummary> runs;
    for (const std::filesystem::path& folder : *folders) {
      const std::filesystem::path file = checkpoint::RunFolder::open(folder).result();
      if (!std::filesystem::exists(file)) {
        throw DataError({.what = "has no result.json yet: this run is still going, or was ended by force",
                         .where = folder.string(),
                         .fix = "let it end: engram run --resume " + folder.string()});
      }
      runs.push_back(report::summary_from_json(read_json(file), file.string()));
    }
    std::cout << report::comparison(runs, report::detect_style(report::Mode::normal));
  });
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/interrupt.hpp"
#include "cli/commands.hpp"
#include "cli/pull_progress.hpp"
#include "hub/pull.hpp"

namespace engram::cli {
namespace {

struct Options {
  std::string repository;
  bool all = false;
  bool json = false;
};

hub::Pulled execute(const Options& options) {
  const hub::Reference reference = hub::require_reference(options.repository);
  const hub::Cache cache(hub::hub_cache());
  const hub::Access access = hub::access_from_environment();
  const hub::PullRequest request{reference, options.all ? hub::Extent::everything : hub::Extent::needed};
  PullProgress progress(options.json ? PullProgress::Form::json : PullProgress::Form::text);
  const hub::Pulled pulled = hub::pull(request, access, cache, [&](const hub::Event& event) { progress.tell(event); });
  progress.end(pulled);
  return pulled;
}

}  // namespace

void add_pull(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("pull", "Downloads a model or an adapter into the Hugging Face cache");
  command.add_option("repository", options->repository, "org/name, or org/name@revision (a branch, a tag or a commit)")
      ->required();
  command.add_flag("--all", options->all, "Every file but pickles, instead of what engram uses");
  command.add_flag("--json", options->json, "One JSON object a line for each thing that happens");
  command.footer(
      "The cache is HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub. Also read: HF_ENDPOINT, HF_TOKEN,\n"
      "HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT, https_proxy, no_proxy, SSL_CERT_FILE. A second pull goes on where the\n"
      "first one stopped.");
  command.callback([options, &context] {
    context.json = options->json;
    interrupt::watch();
    try {
      execute(*options);
    } catch (const interrupt::Interrupted&) {
      throw InternalError({.what = "interrupted", .fix = "pull again: it goes on where it stopped"},
                          ExitCode::interrupted);
    }
  });
}

}  // namespace engram::cli

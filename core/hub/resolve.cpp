#include "hub/resolve.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "hub/environment.hpp"
#include "hub/missing_files.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostShown = 8;

std::string listed(std::vector<std::string> names) {
  const size_t all = names.size();
  if (all > kMostShown) names.resize(kMostShown);
  return text::join(names, ", ") + (all > kMostShown ? " and " + std::to_string(all - kMostShown) + " more" : "");
}

std::string held_in(const Cache& cache, const std::vector<std::string>& repositories) {
  if (repositories.empty()) return "a folder (the cache " + cache.folder().string() + " holds no model yet)";
  return "a folder, or one of the cache " + cache.folder().string() + ": " + listed(repositories);
}

// A name that begins with a folder that is here means a place in that folder, so the folder is what is listed.
void refuse_mistyped_folder(const std::string& name, const fs::path& local, const std::string& where) {
  const fs::path start = fs::path(name).parent_path();
  if (start.empty() || !fs::is_directory(local.parent_path())) return;
  std::vector<std::string> there;
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(local.parent_path(), unreadable)) {
    if (entry.is_directory(unreadable)) there.push_back((start / entry.path().filename()).string());
  }
  std::sort(there.begin(), there.end());
  throw DataError({.what = "there is no folder " + fs::absolute(local).lexically_normal().string() +
                           text::did_you_mean(name, there),
                   .where = where,
                   .allowed = there.empty() ? start.string() + " holds no folder" : listed(there),
                   .fix = "correct the name"});
}

[[noreturn]] void refuse_absent(const std::string& name, const Reference& reference, const fs::path& local,
                                const Cache& cache, const std::string& where) {
  const std::vector<std::string> repositories = cache.repositories();
  const std::vector<std::string> revisions = cache.revisions(reference.repository);
  const std::string pull = "engram pull " + reference.text();
  if (!revisions.empty()) {
    throw DataError({.what = "the Hugging Face cache holds " + reference.repository + ", but not its revision '" +
                             reference.revision + "'" + text::did_you_mean(reference.revision, revisions),
                     .where = where,
                     .allowed = listed(revisions),
                     .fix = pull});
  }
  refuse_mistyped_folder(name, local, where);
  throw DataError({.what = "there is neither a folder " + fs::absolute(local).lexically_normal().string() +
                           " nor a model '" + reference.repository + "' in the Hugging Face cache" +
                           text::did_you_mean(reference.repository, repositories),
                   .where = where,
                   .allowed = held_in(cache, repositories),
                   .fix = "correct the name, or fetch the model: " + pull});
}

void refuse_incomplete(const Snapshot& snapshot, const std::string& where) {
  const MissingFiles missing = missing_files(snapshot.folder);
  if (missing.names.empty()) return;
  const std::string pull = "engram pull " + snapshot.reference.text();
  const std::string held =
      snapshot.reference.repository + " in the Hugging Face cache (" + snapshot.folder.string() + ")";
  if (missing.only_pickles) {
    throw DataError({.what = held + " holds its weights as pickles only, which can run code when they are read",
                     .where = where,
                     .allowed = "safetensors",
                     .fix = pull + " if the repository has safetensors by now; else load the model with transformers "
                                   "and call save_pretrained(folder)"});
  }
  Fault fault{.what = held + " lacks " + listed(missing.names), .where = where, .fix = pull};
  if (missing.names.back() == "tokenizer.json") {
    fault.fix +=
        "; if the repository has no tokenizer.json, load the tokenizer with transformers' AutoTokenizer and call "
        "save_pretrained(folder)";
  }
  throw DataError(fault);
}

}  // namespace

Located resolve(const std::string& name, const fs::path& from_folder, const std::string& where) {
  const fs::path local = (from_folder / name).lexically_normal();
  const std::optional<Reference> reference = parse_reference(name);
  if (!reference || fs::exists(local)) return {.folder = local, .snapshot = {}};
  const Cache cache(hub_cache());
  std::optional<Snapshot> snapshot = cache.find(*reference);
  if (!snapshot) refuse_absent(name, *reference, local, cache, where);
  cache.refuse_links_that_leave(*snapshot);
  refuse_incomplete(*snapshot, where);
  return {.folder = snapshot->folder, .snapshot = std::move(snapshot)};
}

}  // namespace engram::hub

#include "hub/cache.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModels = "models--";

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

Cache::Cache(fs::path folder) : folder_(std::move(folder)) {}

fs::path Cache::repository_folder(const std::string& repository) const {
  return folder_ / (kModels + text::replaced(repository, "/", "--"));
}

fs::path Cache::lock_file(const std::string& repository, const std::string& name) const {
  return folder_ / ".locks" / repository_folder(repository).filename() / (name + ".lock");
}

std::vector<std::string> Cache::repositories() const {
  std::vector<std::string> names;
  for (const std::string& name : folders_in(folder_)) {
    if (!name.starts_with(kModels) || folders_in(folder_ / name / "snapshots").empty()) continue;
    names.push_back(text::replaced(name.substr(std::string(kModels).size()), "--", "/"));
  }
  return names;
}

std::vector<std::string> Cache::revisions(const std::string& repository) const {
  const fs::path folder = repository_folder(repository);
  std::vector<std::string> names = files_below(folder / "refs");
  return names.empty() ? folders_in(folder / "snapshots") : names;
}

std::optional<Snapshot> Cache::find(const Reference& reference) const {
  const fs::path folder = repository_folder(reference.repository);
  std::string commit = reference.revision;
  if (!is_commit(commit)) {
    const fs::path file = folder / "refs" / reference.revision;
    if (!fs::is_regular_file(file)) return std::nullopt;
    commit = text::trim(read_file(file));
    if (!is_commit(commit)) {
      throw DataError({.what = "names no commit",
                       .where = file.string(),
                       .allowed = "40 hexadecimal digits",
                       .fix = "engram pull " + reference.text()});
    }
  }
  const fs::path snapshot = folder / "snapshots" / commit;
  if (!fs::is_directory(snapshot)) return std::nullopt;
  return Snapshot{reference, commit, snapshot};
}

void Cache::refuse_links_that_leave(const Snapshot& snapshot) const {
  const fs::path inside = fs::canonical(folder_);
  Faults faults;
  const auto check = [&](const fs::path& path) {
    const fs::path target = fs::weakly_canonical(path);
    if (lies_in(target, inside)) return;
    faults.add({.what = "is a link that leaves the cache: it leads to " + target.string(),
                .where = path.string(),
                .allowed = "links to places in " + inside.string(),
                .fix = "remove " + repository_folder(snapshot.reference.repository).string() + " and engram pull " +
                       snapshot.reference.text()});
  };
  check(snapshot.folder);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(snapshot.folder)) {
    if (entry.is_symlink()) check(entry.path());
  }
  faults.raise<DataError>();
}

}  // namespace engram::hub

#include "hub/pull.hpp"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/disk.hpp"
#include "base/errors.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "hub/client.hpp"
#include "hub/download.hpp"
#include "hub/missing_files.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOtherCache = "let HF_HUB_CACHE name a folder that can be written";

// A commit never changes, so what lies whole on the disk is what the server would send. Of --all the disk cannot know.
std::optional<Pulled> from_disk(const PullRequest& request, const Cache& cache, const std::string& reason) {
  if (!is_commit(request.reference.revision) || request.extent == Extent::everything) return {};
  std::optional<Snapshot> snapshot = cache.find(request.reference);
  if (!snapshot || !missing_files(snapshot->folder).names.empty()) return {};
  cache.refuse_links_that_leave(*snapshot);
  return Pulled{.snapshot = std::move(*snapshot), .notes = {"the server was not asked: " + reason}};
}

void refuse_offline(const Access& access, const Reference& reference) {
  if (access.offline_by.empty()) return;
  throw DataError(
      {.what = access.offline_by + " forbids the network",
       .where = "engram pull " + reference.text(),
       .fix = "unset it for this command: env -u " + access.offline_by + " engram pull " + reference.text()});
}

uint64_t size_or_nothing(const fs::path& file) {
  std::error_code absent;
  const uintmax_t size = fs::file_size(file, absent);
  return absent ? 0 : size;
}

void refuse_other_commit(const Listing& listing, const Reference& reference) {
  if (!is_commit(reference.revision) || listing.commit == reference.revision) return;
  throw DataError({.what = "the server answers with another commit, " + listing.commit, .where = reference.text()});
}

// Told before the first byte, not after an hour.
void refuse_full_disk(const Selection& selection, const fs::path& blobs) {
  uint64_t needed = 0;
  for (const RemoteFile& file : selection.files) {
    const fs::path blob = blobs / file.hash;
    const uint64_t have =
        size_or_nothing(blob) == file.size ? file.size : size_or_nothing(blob.string() + ".incomplete");
    const uint64_t missing = file.size - std::min(have, file.size);
    needed += std::min(missing, std::numeric_limits<uint64_t>::max() - needed);  // a server may tell any sizes
  }
  const fs::space_info space = fs::space(blobs);
  if (needed <= space.available) return;
  throw InternalError({.what = "the disk has " + text::bytes(space.available) + " free, and " + text::bytes(needed) +
                               " are to be fetched",
                       .where = blobs.string(),
                       .fix = "free some space there, or let HF_HUB_CACHE name another folder"},
                      ExitCode::resources);
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) disk::refuse_write(folder, failed.value(), kOtherCache, "cannot be made");
}

// snapshots/COMMIT/NAME -> ../../blobs/HASH, put in place by a rename.
void link_to(const fs::path& blob, const fs::path& name) {
  make_folder(name.parent_path());
  const fs::path target = blob.lexically_relative(name.parent_path());
  std::error_code failed;
  if (fs::is_symlink(name) && fs::read_symlink(name, failed) == target) return;
  const fs::path temporary = name.string() + ".tmp-" + std::to_string(::getpid());
  fs::remove(temporary, failed);
  fs::create_symlink(target, temporary, failed);
  if (!failed) fs::rename(temporary, name, failed);
  if (failed) {
    disk::refuse_write(name, failed.value(), "let HF_HUB_CACHE name a folder on a disk that has symbolic links",
                       "cannot be linked");
  }
  flush_folder(name.parent_path());
}

std::vector<std::string> notes_on(const Selection& selection) {
  const auto has = [&](const std::string& name) {
    return std::any_of(selection.files.begin(), selection.files.end(),
                       [&](const auto& file) { return file.name == name; });
  };
  if (!has("config.json") || has("tokenizer.json")) return {};
  return {
      "the repository has no tokenizer.json, the one tokenizer file that engram reads: load its tokenizer with "
      "transformers' AutoTokenizer and call save_pretrained(folder)"};
}

}  // namespace

Pulled pull(const PullRequest& request, const Access& access, const Cache& cache, const Tell& tell) {
  const Reference& reference = request.reference;
  if (!access.offline_by.empty()) {
    if (auto held = from_disk(request, cache, access.offline_by + " forbids the network")) return *held;
  }
  refuse_offline(access, reference);
  Client client(access, reference, tell);
  Listing listing;
  try {
    listing = client.list();
  } catch (const Unreachable& error) {
    if (auto held = from_disk(request, cache, error.faults().front().text())) return *held;
    throw;
  }
  refuse_other_commit(listing, reference);
  const Selection selection = select(listing, request.extent, reference.repository);
  tell(Listed{reference, listing.commit, selection});

  const fs::path folder = cache.repository_folder(reference.repository);
  make_folder(folder / "blobs");
  const auto lock_for = [&](const std::string& name) {
    return FileLock::wait(cache.lock_file(reference.repository, name), kOtherCache, [&] { tell(WaitsForOther{}); });
  };
  const auto lock = lock_for("pull");
  refuse_full_disk(selection, folder / "blobs");
  Pulled pulled{.snapshot = {reference, listing.commit, folder / "snapshots" / listing.commit},
                .notes = notes_on(selection)};
  for (const RemoteFile& file : selection.files) {
    interrupt::check();
    const fs::path blob = folder / "blobs" / file.hash;
    const auto lock_of_other_tools = lock_for(file.hash);
    const Source source = download(file, blob, listing.commit, client, tell);
    link_to(blob, pulled.snapshot.folder / file.name);
    if (source == Source::network) pulled.downloaded += file.size;
    tell(FileEnds{file.name, file.size, source});
  }
  if (!is_commit(reference.revision)) write_file_atomically(folder / "refs" / reference.revision, listing.commit);
  return pulled;
}

}  // namespace engram::hub

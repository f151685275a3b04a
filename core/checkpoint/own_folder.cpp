#include "checkpoint/own_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "checkpoint/fresh_folder.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInside = "first";  // .lock beside first.new-PID: a folder that is being made in place

std::string numbered(const std::string& name, int number) {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "-%03d", number);
  return name + digits.data();
}

[[noreturn]] void refuse_occupied(const fs::path& folder) {
  throw DataError(
      {.what = "exists already, and a run never overwrites another",
       .where = folder.string(),
       .fix = "name a new folder with --out, or go on with that run: engram run --resume " + folder.string()});
}

[[noreturn]] void refuse_second_writer(const fs::path& folder) {
  throw DataError({.what = "is being written by " + FileLock::holder(folder / kLockFile),
                   .where = folder.string(),
                   .fix = "wait until that run ends or stop it with kill, or begin another run in a folder of its own: "
                          "--out. Nothing has to be cleared away when it was killed"});
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) entries.push_back(entry.path());
  if (failed) disk::refuse_write(folder, failed.value());
  return entries;
}

// Files that say what a folder is: the last to appear.
bool tells_kind(const fs::path& file) {
  static constexpr std::array kTelling = {"manifest.json", "grid.json", "chain.json"};
  return std::find(kTelling.begin(), kTelling.end(), file.filename().string()) != kTelling.end();
}

bool is_begun_inside(const fs::path& entry) {
  return entry.filename().string().starts_with(std::string(kInside) + ".new-");
}

// Empty but for what a process left that was killed while it made the folder in place.
bool is_free(const fs::path& folder) {
  const std::vector<fs::path> entries = entries_of(folder);
  if (std::any_of(entries.begin(), entries.end(), tells_kind)) return false;
  if (std::any_of(entries.begin(), entries.end(), is_begun_inside)) return true;
  return std::all_of(entries.begin(), entries.end(),
                     [](const fs::path& entry) { return entry.filename() == kLockFile; });
}

void clear(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::path& entry : entries_of(folder)) {
    if (entry.filename() != kLockFile) fs::remove_all(entry, ignored);
  }
}

// Of write_file_atomically() and FreshFolder in a process that was killed.
void remove_halves(const fs::path& folder) {
  std::error_code ignored;
  for (const fs::path& entry : entries_of(folder)) {
    const bool is_file = fs::is_regular_file(fs::symlink_status(entry, ignored));
    const bool half = is_file && entry.filename().string().find(".tmp-") != std::string::npos;
    if (half || is_begun_inside(entry)) fs::remove_all(entry, ignored);
  }
}

}  // namespace

OwnFolder OwnFolder::make(const fs::path& wanted, const std::string& name, const Fill& fill) {
  std::error_code unknown;
  if (!wanted.empty()) {
    if (fs::exists(fs::symlink_status(wanted, unknown))) return fill_in_place(wanted, fill);
    if (auto made = try_make(wanted, fill)) return *std::move(made);
    refuse_occupied(wanted);
  }
  for (int number = 1;; ++number) {
    const fs::path folder = fs::path("runs") / numbered(name, number);
    if (fs::exists(fs::symlink_status(folder, unknown))) continue;
    // Nothing when another process took the number first.
    if (auto made = try_make(folder, fill)) return *std::move(made);
  }
}

std::optional<OwnFolder> OwnFolder::try_make(const fs::path& folder, const Fill& fill) {
  const fs::path target = with_name(folder);
  FreshFolder fresh(target);
  fill(fresh.path());
  FileLock lock = fresh.take_lock();
  // Takes no folder's place but an empty one's.
  if (::rename(fresh.path().c_str(), target.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR) return {};
    disk::refuse_write(target, errno);
  }
  flush_folder(target.has_parent_path() ? target.parent_path() : ".");
  lock.moved_to(folder / kLockFile);
  return OwnFolder(folder, std::move(lock));
}

// A folder that a user has made stays the same one: it may be the current folder, a link or where a disk is mounted.
OwnFolder OwnFolder::fill_in_place(const fs::path& folder, const Fill& fill) {
  std::error_code unknown;
  if (!fs::is_directory(folder, unknown)) refuse_occupied(folder);
  if (FileLock::held(folder / kLockFile)) refuse_second_writer(folder);
  if (!is_free(folder)) refuse_occupied(folder);
  std::optional<FileLock> lock = FileLock::take(folder / kLockFile);
  if (!lock) refuse_second_writer(folder);
  if (!is_free(folder)) refuse_occupied(folder);
  clear(folder);
  try {
    const FreshFolder fresh(folder / kInside);
    fill(fresh.path());
    fresh.remove_lock_file();
    std::vector<fs::path> files = entries_of(fresh.path());
    std::stable_partition(files.begin(), files.end(), [](const fs::path& file) { return !tells_kind(file); });
    for (const fs::path& file : files) {
      const fs::path target = folder / file.filename();
      if (::rename(file.c_str(), target.c_str()) != 0) disk::refuse_write(target, errno);
    }
    flush_folder(folder);
  } catch (...) {
    std::error_code ignored;
    clear(folder);
    fs::remove(folder / kLockFile, ignored);
    throw;
  }
  return OwnFolder(folder, *std::move(lock));
}

OwnFolder OwnFolder::take(const fs::path& folder) {
  std::optional<FileLock> lock = FileLock::take(folder / kLockFile, "");
  if (!lock) refuse_second_writer(folder);
  remove_halves(folder);
  return OwnFolder(folder, *std::move(lock));
}

void OwnFolder::require_present() const {
  if (lock_.in_place()) return;
  throw InternalError(
      {.what = "the folder was removed, moved or unmounted during the run",
       .where = path_.string(),
       .fix = "bring it back and go on with engram run --resume " + path_.string() + "; what was removed is lost"},
      ExitCode::resources);
}

void OwnFolder::discard(const std::vector<std::string>& files) const {
  std::error_code ignored;
  for (const std::string& file : files) fs::remove(path_ / file, ignored);
  fs::remove(path_ / kLockFile, ignored);
  fs::remove(path_, ignored);
}

}  // namespace engram::checkpoint

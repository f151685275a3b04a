#include "checkpoint/kept.hpp"

#include <system_error>

#include "base/disk.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/whole_number.hpp"
#include "checkpoint/halves.hpp"
#include "checkpoint/swap.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;

fs::path before(const fs::path& folder) { return folder.string() + ".before"; }

[[noreturn]] void fail(const fs::path& folder, const std::error_code& error) {
  disk::refuse_write(folder, error.value());
}

void copy_into(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::create_hard_links, failed);
  if (!failed) return;
  if (disk::machine_failed(failed)) fail(to, failed);
  // Some file systems have no hard links.
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, failed);
  if (failed) fail(to, failed);
}

}  // namespace

void write_kept(const fs::path& folder, const Kept& kept) {
  const Json candidate = kept.candidate.empty() ? Json() : Json(kept.candidate);
  const Json json = {
      {"format", kFormat}, {"evaluation", kept.evaluation}, {"step", kept.step}, {"candidate", candidate}};
  write_file_atomically(folder / kKeptFile, json.dump(2) + "\n");
}

std::optional<Kept> read_kept(const fs::path& folder) {
  if (!fs::exists(folder / kKeptFile)) return {};
  try {
    const Json json = read_json(folder / kKeptFile);
    if (json.at("format") != kFormat) return {};
    return Kept{.evaluation = whole_number(json.at("evaluation")),
                .step = whole_number(json.at("step")),
                .candidate = json.at("candidate").is_null() ? "" : json.at("candidate").get<std::string>()};
  } catch (const std::exception&) {
    return {};
  }
}

void keep_before(const fs::path& folder) {
  if (!fs::exists(folder) || fs::exists(before(folder))) return;
  const FolderSwap swap(before(folder));
  copy_into(folder, swap.fresh());
  swap.commit();
}

void drop_before(const fs::path& folder) { remove_whole(before(folder)); }

bool put_back(const fs::path& folder, const std::optional<Kept>& named) {
  const bool is_named = named && read_kept(folder) == named;
  const bool was_named = named && !is_named && read_kept(before(folder)) == named;
  if (!named || was_named) remove_whole(folder);
  if (was_named) {
    std::error_code failed;
    fs::rename(before(folder), folder, failed);
    if (failed) fail(folder, failed);
    flush_folder(folder.parent_path());
    return true;
  }
  drop_before(folder);
  return is_named || !named;
}

}  // namespace engram::checkpoint

#include "hub/download.hpp"

#include <cstdio>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "hub/checksum.hpp"
#include "hub/partial_file.hpp"

namespace engram::hub {
namespace {

namespace fs = std::filesystem;

std::string count(uint64_t bytes) { return text::thousands(static_cast<int64_t>(bytes)); }

// The first byte and the size of the whole, of "bytes 100-199/200"; zeros where it says something else.
struct Range {
  uint64_t from = 0;
  uint64_t whole = 0;
};

Range read_range(const std::string& header) {
  Range range;
  unsigned long long from = 0, to = 0, whole = 0;
  if (std::sscanf(header.c_str(), "bytes %llu-%llu/%llu", &from, &to, &whole) >= 2) range = {from, whole};
  return range;
}

// One file on its way into `partial`.
class Fetch {
 public:
  Fetch(const RemoteFile& file, PartialFile& partial, Client& client, const Tell& tell)
      : file_(file), partial_(partial), client_(client), tell_(tell) {}

  void receive_rest(const std::string& commit) {
    const Target target{.file = file_.name,
                        .size = file_.size,
                        .have = [this] { return partial_.size(); },
                        .receiver = {.begin = [this](const Reply& reply) { begin(reply); },
                                     .bytes = [this](std::string_view bytes) { take(bytes); }}};
    while (partial_.size() < file_.size) {
      if (client_.fetch(commit, target)) break;
      partial_.restart();
    }
  }

  // What has come is not what was listed: nothing of it is kept.
  [[noreturn]] void refuse(const std::string& what) {
    partial_.remove();
    throw DataError({.what = "'" + file_.name + "' " + what,
                     .where = client_.repository(),
                     .fix = "pull again; if it stays so, the server or a proxy before it changes files"});
  }

 private:
  [[noreturn]] void refuse_size(const std::string& found) {
    refuse("has the wrong size: " + found + " bytes arrive, and the listing says " + count(file_.size));
  }

  void begin(const Reply& reply) {
    if (reply.status == 206) return begin_part(reply);
    // All of it, whatever was asked for.
    partial_.restart();
    const std::string length = reply.header("content-length");
    if (!length.empty() && length != std::to_string(file_.size)) refuse_size(length);
  }

  void begin_part(const Reply& reply) {
    const Range range = read_range(reply.header("content-range"));
    if (range.whole != 0 && range.whole != file_.size) refuse_size(count(range.whole));
    if (range.from == partial_.size()) return;
    partial_.restart();
    throw ConnectionFailed{ConnectionFailed::Kind::cut, "the server sends other bytes than those asked for",
                           reply.host};
  }

  void take(std::string_view bytes) {
    if (partial_.size() + bytes.size() > file_.size) refuse_size("more than " + count(file_.size));
    partial_.append(bytes);
    tell_(FileGrows{file_.name, file_.size, partial_.size()});
  }

  const RemoteFile& file_;
  PartialFile& partial_;
  Client& client_;
  const Tell& tell_;
};

bool is_there(const fs::path& blob, uint64_t size) { return fs::is_regular_file(blob) && fs::file_size(blob) == size; }

}  // namespace

Source download(const RemoteFile& file, const fs::path& blob, const std::string& commit, Client& client,
                const Tell& tell) {
  if (is_there(blob, file.size)) return Source::cache;
  PartialFile partial(blob.string() + ".incomplete");
  if (partial.size() > file.size) partial.restart();
  tell(FileBegins{file.name, file.size, partial.size()});
  Fetch fetch(file, partial, client, tell);
  for (bool resumed = partial.size() > 0;; resumed = false) {
    fetch.receive_rest(commit);
    const std::string found = checksum_like(file.hash, partial.path());
    if (found == file.hash) break;
    if (!resumed) fetch.refuse("has the wrong checksum: " + found + ", and the listing says " + file.hash);
    // The part may have suffered in a crash: once more without it.
    partial.restart();
  }
  partial.publish(blob);
  return Source::network;
}

}  // namespace engram::hub

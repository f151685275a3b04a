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

[[noreturn]] void refuse_size(const RemoteFile& file, const std::string& found, PartialFile& partial) {
  partial.remove();
  throw DataError({.what = "'" + file.name + "' has the wrong size: " + found + " bytes arrive, and the listing says " +
                           count(file.size),
                   .fix = "pull again; if it stays so, the server or a proxy before it changes files"});
}

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

void begin(const RemoteFile& file, const Reply& reply, PartialFile& partial) {
  if (reply.status == 206) {
    const Range range = read_range(reply.header("content-range"));
    if (range.whole != 0 && range.whole != file.size) refuse_size(file, count(range.whole), partial);
    if (range.from == partial.size()) return;
    partial.restart();
    throw ConnectionFailed{ConnectionFailed::Kind::cut, "the server sends other bytes than those asked for",
                           reply.host};
  }
  // All of it, whatever was asked for.
  partial.restart();
  const std::string length = reply.header("content-length");
  if (!length.empty() && length != std::to_string(file.size)) refuse_size(file, length, partial);
}

void receive(const RemoteFile& file, PartialFile& partial, const std::string& commit, Client& client,
             const Tell& tell) {
  const auto take = [&](std::string_view bytes) {
    if (partial.size() + bytes.size() > file.size) refuse_size(file, "more than " + count(file.size), partial);
    partial.append(bytes);
    tell(FileGrows{file.name, file.size, partial.size()});
  };
  const Target target{.file = file.name,
                      .size = file.size,
                      .have = [&] { return partial.size(); },
                      .receiver = {.begin = [&](const Reply& reply) { begin(file, reply, partial); }, .bytes = take}};
  while (partial.size() < file.size) {
    if (client.fetch(commit, target)) break;
    partial.restart();
  }
}

bool is_there(const fs::path& blob, uint64_t size) { return fs::is_regular_file(blob) && fs::file_size(blob) == size; }

}  // namespace

Source download(const RemoteFile& file, const fs::path& blob, const std::string& commit, Client& client,
                const Tell& tell) {
  if (is_there(blob, file.size)) return Source::cache;
  PartialFile partial(blob.string() + ".incomplete");
  if (partial.size() > file.size) partial.restart();
  tell(FileBegins{file.name, file.size, partial.size()});
  for (bool resumed = partial.size() > 0;; resumed = false) {
    receive(file, partial, commit, client, tell);
    const std::string found = checksum_like(file.hash, partial.path());
    if (found == file.hash) break;
    if (!resumed) {
      partial.remove();
      throw DataError(
          {.what = "'" + file.name + "' has the wrong checksum: " + found + ", and the listing says " + file.hash,
           .fix = "pull again; if it stays so, the server or a proxy before it changes files"});
    }
    // The part may have suffered in a crash: once more without it.
    partial.restart();
  }
  partial.publish(blob);
  return Source::network;
}

}  // namespace engram::hub

#include "hub/listing.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "hub/http.hpp"
#include "hub/reference.hpp"

namespace engram::hub {
namespace {

constexpr size_t kSha256Digits = 64;

bool is_hash(const std::string& text) {
  return is_commit(text) ||
         (text.size() == kSha256Digits && text.find_first_not_of("0123456789abcdef") == std::string::npos);
}

bool stays_in_its_folder(const std::string& name) {
  const auto unfit = [](unsigned char c) { return c < ' ' || c == 0x7f || c == '\\'; };
  if (std::any_of(name.begin(), name.end(), unfit)) return false;
  const std::vector<std::string> parts = text::split(name, '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

std::string text_at(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_string() ? value.get<std::string>() : "";
}

RemoteFile read_file_entry(const Json& entry, const std::string& address, Faults& faults) {
  RemoteFile file{.name = text_at(entry, "rfilename")};
  if (file.name.empty() || !stays_in_its_folder(file.name)) {
    faults.add({.what = "the server names a file '" + shown(file.name) + "', which could be written anywhere",
                .where = address,
                .allowed = "relative names without '..'"});
    return file;
  }
  const Json lfs = entry.value("lfs", Json());
  file.hash = lfs.is_object() ? text_at(lfs, "sha256") : text_at(entry, "blobId");
  const Json size = lfs.is_object() && lfs.contains("size") ? lfs.at("size") : entry.value("size", Json());
  const bool sized = size.is_number_integer() && size.get<int64_t>() >= 0;
  if (sized) file.size = size.get<uint64_t>();
  if (!sized || !is_hash(file.hash)) {
    faults.add({.what = "the server tells no size and checksum of '" + file.name + "'",
                .where = address,
                .allowed = "a hub that answers ?blobs=true",
                .fix = "let HF_ENDPOINT name another one"});
  }
  return file;
}

}  // namespace

Listing read_listing(const Json& answer, const std::string& address) {
  Faults faults;
  Listing listing{.commit = text_at(answer, "sha")};
  const Json files = answer.is_object() ? answer.value("siblings", Json()) : Json();
  if (!is_commit(listing.commit) || !files.is_array()) {
    throw DataError({.what = "the answer is not that of a Hugging Face hub: it names no commit or no files",
                     .where = address,
                     .fix = "let HF_ENDPOINT name a hub, or unset it"});
  }
  for (const Json& entry : files) listing.files.push_back(read_file_entry(entry, address, faults));
  faults.raise<DataError>();
  std::sort(listing.files.begin(), listing.files.end(),
            [](const RemoteFile& a, const RemoteFile& b) { return a.name < b.name; });
  return listing;
}

}  // namespace engram::hub

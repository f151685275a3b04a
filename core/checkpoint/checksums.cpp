#include "checkpoint/checksums.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

namespace engram::checkpoint {
namespace {

constexpr size_t kDigits = 64, kShownDigits = 12;

bool is_digest(std::string_view text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

constexpr size_t kLongestName = 255;  // of every file system that matters

// A name that would lead out of the folder is no name of a file in it.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

[[noreturn]] void refuse_line(const std::filesystem::path& file, size_t number) {
  throw DataError({.what = "is damaged",
                   .where = file.string() + ":" + std::to_string(number),
                   .allowed = "64 hexadecimal digits, two spaces and the name of a file in the folder",
                   .fix = "copy the folder again from where it was made"});
}

}  // namespace

void write_checksums(const std::filesystem::path& folder, const Checksums& sums) {
  std::string text;
  for (const auto& [name, digest] : sums) text += digest + "  " + name + "\n";
  write_file_atomically(folder / kChecksumsFile, text);
}

Checksums read_checksums(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kChecksumsFile;
  Checksums sums;
  if (!std::filesystem::exists(file)) return sums;
  const std::string text = read_file(file);
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    ++number;
    const bool whole = end != std::string::npos && line.size() > kDigits + 2 && is_digest(line.substr(0, kDigits)) &&
                       line[kDigits] == ' ' && (line[kDigits + 1] == ' ' || line[kDigits + 1] == '*') &&
                       is_name(line.substr(kDigits + 2));
    if (!whole) refuse_line(file, number);
    sums[line.substr(kDigits + 2)] = line.substr(0, kDigits);
    begin = end + 1;
  }
  if (sums.empty()) refuse_line(file, 1);
  return sums;
}

Faults damages(const std::filesystem::path& folder) {
  Faults faults;
  for (const auto& [name, recorded] : read_checksums(folder)) {
    const std::filesystem::path file = folder / name;
    std::error_code unreadable;  // a link to itself
    if (!std::filesystem::is_regular_file(file, unreadable)) {
      faults.add({.what = std::string("is gone, and ") + kChecksumsFile + " names it",
                  .where = file.string(),
                  .fix = "copy the folder again from where it was made"});
      continue;
    }
    const std::string found = sha256_of_file(file);
    if (found == recorded) continue;
    faults.add({.what = std::string("is damaged: ") + kChecksumsFile + " says " + recorded.substr(0, kShownDigits) +
                        ", and it is " + found.substr(0, kShownDigits),
                .where = file.string(),
                .fix = std::string("copy it again from where it was made; if it was changed on purpose, remove ") +
                       kChecksumsFile});
  }
  return faults;
}

void verify_checksums(const std::filesystem::path& folder) { damages(folder).raise<DataError>(); }

}  // namespace engram::checkpoint

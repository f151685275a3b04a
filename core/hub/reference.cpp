#include "hub/reference.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::hub {
namespace {

constexpr size_t kLongestName = 96;
constexpr size_t kLongestRevision = 255;
constexpr size_t kCommitDigits = 40;

constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool consists_of(const std::string& text, const std::string& allowed) {
  return text.find_first_not_of(allowed) == std::string::npos;
}

bool is_name(const std::string& name) {
  const auto at_an_end = [&](char sign) { return name.front() == sign || name.back() == sign; };
  return !name.empty() && name.size() <= kLongestName && consists_of(name, kLetters + std::string("-_.")) &&
         !at_an_end('-') && !at_an_end('.') && name.find("--") == std::string::npos &&
         name.find("..") == std::string::npos && !name.ends_with(".git");
}

// It becomes a file name below refs/ and a part of an address.
bool is_revision(const std::string& revision) {
  if (revision.empty() || revision.size() > kLongestRevision) return false;
  if (!consists_of(revision, kLetters + std::string("-_./+=#"))) return false;
  const std::vector<std::string> parts = text::split(revision, '/');
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.front() != '.' && part.find("..") == std::string::npos;
  });
}

}  // namespace

std::string Reference::text() const { return is_main() ? repository : repository + "@" + revision; }

std::optional<Reference> parse_reference(const std::string& text) {
  const size_t at = text.find('@');
  Reference reference{.repository = text.substr(0, at)};
  if (at != std::string::npos) {
    reference.revision = text.substr(at + 1);
    if (!is_revision(reference.revision)) return std::nullopt;
  }
  const std::vector<std::string> parts = text::split(reference.repository, '/');
  if (parts.size() > 2 || !std::all_of(parts.begin(), parts.end(), is_name)) return std::nullopt;
  return reference;
}

Reference require_reference(const std::string& text) {
  if (std::optional<Reference> reference = parse_reference(text)) return *reference;
  throw DataError({.what = "'" + text + "' names no repository",
                   .allowed = "org/name, name, or either with @revision (a branch, a tag or a commit); letters, "
                              "digits, '-', '_' and '.'"});
}

bool is_commit(const std::string& text) {
  return text.size() == kCommitDigits && consists_of(text, "0123456789abcdef");
}

}  // namespace engram::hub
